/** How the nodule is drawn: an ellipsoid with handles, or OHIF's brush; a changed one may keep its outline. */
import { volumeOf } from '../geometry/ellipsoid.ts';
import { sizeOfMask } from '../geometry/painted.ts';
import type { Annotating } from '../service/annotating.ts';
import {
  type Annotation,
  BRUSH_MM,
  type BrushTool,
  DRAWN_MM,
  FROM_HU,
  type Way,
} from '../state/annotation.ts';
import { millimetres, signed } from '../state/words.ts';
import { Button } from './parts.tsx';

interface Props {
  readonly annotating: Annotating;
  readonly annotation: Annotation;
}

const WAYS: readonly (readonly [Way, string, string])[] = [
  ['kept', 'As it is', 'Keep the outline, rate anew'],
  ['ellipsoid', 'Ellipsoid', 'Set the middle, then pull the rim in each plane'],
  ['brush', 'Brush', 'Paint the voxels with the viewer\u2019s own brushes'],
];
/** As readers say it, along L, P and S. */
const AXES = ['Left to right', 'Front to back', 'Head to foot'] as const;
const TOOLS: readonly (readonly [BrushTool, string, string])[] = [
  ['paint', 'Paint', 'Paint every voxel under the brush'],
  ['threshold', 'Dense only', 'Paint only what is denser than the limit below'],
  ['erase', 'Erase', 'Take painted voxels away'],
];

interface SlideProps {
  readonly label: string;
  readonly value: number;
  readonly words: string;
  readonly range: { readonly least: number; readonly most: number };
  readonly step: number;
  readonly disabled: boolean;
  readonly onChange: (value: number) => void;
  readonly testId: string;
}

function Slide({ label, value, words, range, step, disabled, onChange, testId }: SlideProps) {
  return (
    <label className="nl-slide nl-small">
      {label}
      <input
        type="range"
        min={range.least}
        max={range.most}
        step={step}
        value={value}
        disabled={disabled}
        aria-valuetext={words}
        onChange={(event) => onChange(event.target.valueAsNumber)}
        data-testid={testId}
      />
      <output>{words}</output>
    </label>
  );
}

const cubic = (mm3: number): string => `${Math.round(mm3)}\u2009mm\u00b3`;

function EllipsoidTools({ annotating, annotation }: Props) {
  const { ellipsoid, picking, saving } = annotation;
  return (
    <>
      <div className="nl-row nl-ways">
        <Button
          pressed={picking}
          main={picking && !ellipsoid}
          disabled={saving}
          onPress={() => annotating.pick(!picking)}
          title="The next click in any of the planes sets the middle"
          testId="annotate-pick"
        >
          {picking ? 'Click its middle\u2026' : 'Set the middle'}
        </Button>
        <Button
          disabled={saving}
          onPress={() => annotating.atCrosshair()}
          title="The middle is where the three planes meet"
          testId="annotate-crosshair"
        >
          At crosshair
        </Button>
      </div>
      {AXES.map((label, axis) => (
        <Slide
          key={label}
          label={label}
          value={ellipsoid?.diametersMm[axis] ?? DRAWN_MM.usual}
          words={millimetres(ellipsoid?.diametersMm[axis] ?? DRAWN_MM.usual)}
          range={DRAWN_MM}
          step={0.5}
          disabled={!ellipsoid || saving}
          onChange={(mm) => annotating.setDiameter(axis as 0 | 1 | 2, mm)}
          testId={`annotate-axis-${axis}`}
        />
      ))}
      <p className="nl-dim nl-small" data-testid="annotate-size">
        {ellipsoid ? `${cubic(volumeOf(ellipsoid))}; drag the dots in the planes.` : 'No middle set yet.'}
      </p>
    </>
  );
}

function BrushTools({ annotating, annotation }: Props) {
  const { brush, painting, saving } = annotation;
  const size = painting && sizeOfMask(painting);
  return (
    <>
      <div className="nl-row nl-ways" role="group" aria-label="Brush">
        {TOOLS.map(([tool, words, title]) => (
          <Button
            key={tool}
            pressed={brush.tool === tool}
            disabled={saving}
            onPress={() => annotating.setBrush({ tool })}
            title={title}
            testId={`brush-${tool}`}
          >
            {words}
          </Button>
        ))}
      </div>
      <Slide
        label="Brush radius"
        value={brush.radiusMm}
        words={millimetres(brush.radiusMm)}
        range={BRUSH_MM}
        step={0.5}
        disabled={saving}
        onChange={(radiusMm) => annotating.setBrush({ radiusMm })}
        testId="brush-radius"
      />
      <Slide
        label="Denser than"
        value={brush.fromHu}
        words={`${signed(brush.fromHu)}\u2009HU`}
        range={FROM_HU}
        step={10}
        disabled={saving || brush.tool !== 'threshold'}
        onChange={(fromHu) => annotating.setBrush({ fromHu })}
        testId="brush-from-hu"
      />
      <label className="nl-field nl-small">
        <input
          type="checkbox"
          checked={brush.ball}
          disabled={saving}
          onChange={(event) => annotating.setBrush({ ball: event.target.checked })}
          data-testid="brush-ball"
        />
        A ball, through neighbouring slices too
      </label>
      <p className="nl-dim nl-small" aria-live="polite" data-testid="annotate-size">
        {size
          ? `${size.voxels} voxels, ${cubic(size.volumeMm3)}.`
          : brush.tool === null
            ? 'Another tool has the mouse: choose one of the above to paint.'
            : 'Nothing painted yet.'}
      </p>
    </>
  );
}

export function DrawWays(props: Props) {
  const { annotating, annotation } = props;
  return (
    <div className="nl-draw">
      <div className="nl-row nl-ways" role="group" aria-label="How it is drawn">
        {WAYS.filter(([way]) => way !== 'kept' || annotation.changes).map(([way, words, title]) => (
          <Button
            key={way}
            pressed={annotation.way === way}
            disabled={annotation.saving}
            onPress={() => void annotating.setWay(way)}
            title={title}
            testId={`way-${way}`}
          >
            {words}
          </Button>
        ))}
      </div>
      {annotation.way === 'ellipsoid' && <EllipsoidTools {...props} />}
      {annotation.way === 'brush' && <BrushTools {...props} />}
    </div>
  );
}
