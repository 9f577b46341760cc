/** One training: how it goes, what it draws, and what can be done with it. */
import type { Training } from '@nodulelab/contract';
import { pathOf } from '../api/client.ts';
import type { Trainings } from '../service/trainings.ts';
import { duration, isUnderWay, short, type TrainingSession } from '../state/training.ts';
import { Curve } from './Curve.tsx';
import { Button } from './parts.tsx';
import { GoOnForm, ModelForm } from './TrainingForms.tsx';

const FIRST = '#38bdf8';
const SECOND = '#fbbf24';

interface Props {
  readonly trainings: Trainings;
  readonly session: TrainingSession;
  readonly training: Training;
}

function Curves({ points }: Pick<Training, 'points'>) {
  if (points.length === 0) return <p className="nl-dim">The curves begin with the first update.</p>;
  const updates = points.map(({ update }) => update);
  return (
    <>
      <Curve
        title="Wasserstein estimate"
        hint="How far the critic holds real and generated apart; it falls as the generator learns"
        updates={updates}
        lines={[{ name: 'estimate', colour: FIRST, values: points.map(({ wasserstein }) => wasserstein) }]}
        testId="curve-wasserstein"
      />
      <Curve
        title="Losses"
        hint="Neither has to fall: the two networks work against each other"
        updates={updates}
        lines={[
          { name: 'critic', colour: FIRST, values: points.map(({ criticLoss }) => criticLoss) },
          { name: 'generator', colour: SECOND, values: points.map(({ generatorLoss }) => generatorLoss) },
        ]}
        testId="curve-losses"
      />
      <Curve
        title="Gradient norm"
        hint="Of the critic between real and generated; the penalty draws it to 1 (dashed)"
        updates={updates}
        lines={[{ name: 'norm', colour: FIRST, values: points.map(({ gradientNorm }) => gradientNorm) }]}
        ideal={1}
        testId="curve-norm"
      />
    </>
  );
}

function Facts({ training }: { training: Training }) {
  const now = training.points.at(-1);
  const facts: [string, string, string][] = [
    ['Update', String(training.update), 'critic steps and one generator step each'],
    ['Epoch', now ? now.epoch.toFixed(1) : '\u2013', 'times the critic has seen the whole set'],
    ['Per update', now ? perUpdate(now.secondsPerUpdate) : '\u2013', 'running mean'],
    [
      'Waiting for data',
      now ? `${(100 * now.dataWaitShare).toFixed(1)}\u2009%` : '\u2013',
      'share of the time in which the networks wait for patches',
    ],
  ];
  return (
    <dl className="nl-facts-grid" data-testid="training-facts">
      {facts.map(([name, value, hint]) => (
        <div key={name} title={hint}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const perUpdate = (seconds: number): string =>
  seconds < 90 ? `${short(seconds)}\u2009s` : duration(seconds);

function Health({ training }: { training: Training }) {
  const warning = training.warnings.at(-1);
  if (training.error)
    return (
      <p className="nl-note nl-bad" role="alert" data-testid="training-health">
        {training.error}
      </p>
    );
  if (warning)
    return (
      <p className="nl-note nl-warn" data-testid="training-health">
        Update {warning.update}: {warning.message}
      </p>
    );
  if (training.points.length === 0) return null;
  return (
    <p className="nl-row nl-small" style={{ gap: 5 }} data-testid="training-health">
      <span className="nl-light" data-verdict="good" role="img" aria-label="good" />
      Healthy: no warning so far
    </p>
  );
}

function Pictures({ trainings, session, training }: Props) {
  const shown = training.checkpoints.filter(({ picture }) => picture);
  if (shown.length === 0) return <p className="nl-dim">Samples appear with the first checkpoint.</p>;
  const real = session.picture === 'real';
  const found = shown.findIndex(({ stem }) => stem === session.picture);
  const index = found >= 0 ? found : shown.length - 1;
  const checkpoint = shown[index]!;
  const go = (to: number): void => trainings.look(to >= shown.length - 1 ? null : shown[to]!.stem);
  const source = pathOf('/api', '/trainings/:name/pictures/:picture', {
    name: training.name,
    picture: real ? 'real' : checkpoint.stem,
  });
  return (
    <figure className="nl-samples" data-testid="training-picture">
      <figcaption className="nl-row">
        <Button
          icon
          label="Earlier samples"
          disabled={real || index === 0}
          onPress={() => go(index - 1)}
          testId="picture-earlier"
        >
          {'\u2039'}
        </Button>
        <span className="nl-wide" aria-live="polite">
          {real ? 'Real patches' : `Samples at update ${checkpoint.update}`}
          {!real && index === shown.length - 1 && <span className="nl-dim"> (newest)</span>}
        </span>
        <Button
          icon
          label="Later samples"
          disabled={real || index === shown.length - 1}
          onPress={() => go(index + 1)}
          testId="picture-later"
        >
          {'\u203a'}
        </Button>
        {training.realPicture && (
          <Button
            pressed={real}
            onPress={() => trainings.look(real ? null : 'real')}
            title="Patches of the set, for comparison"
            testId="picture-real"
          >
            Real
          </Button>
        )}
      </figcaption>
      <img
        key={source}
        src={source}
        alt={
          real
            ? 'Middle slices of patches of the data set'
            : `Middle slices of samples at update ${checkpoint.update}`
        }
      />
    </figure>
  );
}

function Actions({ trainings, session, training }: Props) {
  const { busy, stopping, form } = session;
  const active = isUnderWay(training);
  const report = pathOf('/api', '/trainings/:name/report', { name: training.name });
  if (form === 'model')
    return <ModelForm trainings={trainings} training={training} shown={session.picture} busy={busy} />;
  if (form === 'more' && training.state === 'limit') return <GoOnForm trainings={trainings} busy={busy} />;
  return (
    <div className="nl-row">
      {active ? (
        <Button
          wide
          disabled={busy || stopping || training.jobId === null}
          onPress={() => void trainings.stop()}
          title={
            training.jobId === null ? 'Begun by the command line: stop it there' : 'A checkpoint is kept'
          }
          testId="training-stop"
        >
          {stopping ? 'Stopping\u2026' : 'Stop'}
        </Button>
      ) : training.state === 'limit' ? (
        <Button
          wide
          disabled={busy}
          onPress={() => trainings.show('more')}
          title="It reached its limit: give it another one"
          testId="training-more-time"
        >
          Go on{'\u2026'}
        </Button>
      ) : (
        <Button
          wide
          main={training.resumable}
          disabled={busy || !training.resumable}
          onPress={() => void trainings.resume()}
          title="Goes on from the newest checkpoint"
          testId="training-resume"
        >
          Resume
        </Button>
      )}
      <Button
        wide
        disabled={busy || training.checkpoints.length === 0}
        onPress={() => trainings.show('model')}
        title="Of any checkpoint that is kept; it can then make candidates"
        testId="training-model"
      >
        Make a model
      </Button>
      {training.update > 0 && (
        <a className="nl-link" href={report} target="_blank" rel="noreferrer" data-testid="training-report">
          Report
        </a>
      )}
    </div>
  );
}

export function TrainingView(props: Props) {
  const { training, session } = props;
  const { preset, dataset, patches, seed, engine, engineReason } = training;
  return (
    <>
      <p className="nl-dim nl-small" title={engineReason ?? ''}>
        {preset} on {dataset}
        {patches === null ? '' : `, ${patches} patches`}, seed {seed}
        {engine === null ? '' : `, ${engine.replaceAll('-', '\u2011')}`}
      </p>
      <Facts training={training} />
      <Health training={training} />
      <Actions {...props} />
      {session.made && (
        <p className="nl-note nl-good" role="status" data-testid="model-made">
          {session.made}
        </p>
      )}
      <Curves points={training.points} />
      <Pictures {...props} />
    </>
  );
}
