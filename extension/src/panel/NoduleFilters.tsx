/** Which nodules the list shows. */
import { filtersAnything, NO_FILTER, type NoduleFilter } from '../state/noduleFilter.ts';
import { Button } from './parts.tsx';

interface Props {
  readonly filter: NoduleFilter;
  readonly shown: number;
  readonly all: number;
  readonly onChange: (filter: NoduleFilter) => void;
}

const LEAST_READERS = [1, 2, 3, 4] as const;
const LEAST_MM = [0, 4, 6, 8, 15] as const;

interface ChoiceProps<T extends string | number> {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly (readonly [T, string])[];
  readonly onChoose: (value: T) => void;
  readonly testId: string;
}

function Choice<T extends string | number>({ label, value, choices, onChoose, testId }: ChoiceProps<T>) {
  return (
    <select
      aria-label={label}
      title={label}
      value={value}
      onChange={(event) => {
        const chosen = choices.find(([of]) => String(of) === event.target.value);
        if (chosen) onChoose(chosen[0]);
      }}
      data-testid={testId}
    >
      {choices.map(([of, words]) => (
        <option key={of} value={of}>
          {words}
        </option>
      ))}
    </select>
  );
}

export function NoduleFilters({ filter, shown, all, onChange }: Props) {
  const set = (change: Partial<NoduleFilter>): void => onChange({ ...filter, ...change });
  return (
    <div className="nl-filters" role="group" aria-label="Show only nodules with" data-testid="filters">
      <Choice
        label="Readers who marked it"
        value={filter.readers}
        choices={LEAST_READERS.map((least) => [
          least,
          least === 1 ? 'any readers' : `\u2265 ${least} readers`,
        ])}
        onChoose={(readers) => set({ readers })}
        testId="filter-readers"
      />
      <Choice
        label="Largest diameter"
        value={filter.diameterMm}
        choices={LEAST_MM.map((least) => [least, least === 0 ? 'any size' : `\u2265 ${least}\u2009mm`])}
        onChoose={(diameterMm) => set({ diameterMm })}
        testId="filter-diameter"
      />
      <Choice
        label="Malignancy, the readers’ median"
        value={filter.malignancy}
        choices={[
          ['any', 'any malignancy'],
          ['malignant', 'malignant (\u2265 4)'],
          ['indeterminate', 'indeterminate'],
          ['benign', 'benign (\u2264 2)'],
        ]}
        onChoose={(malignancy) => set({ malignancy })}
        testId="filter-malignancy"
      />
      <Choice
        label="Texture, the readers’ median"
        value={filter.texture}
        choices={[
          ['any', 'any texture'],
          ['solid', 'solid'],
          ['part-solid', 'part-solid'],
          ['ground glass', 'ground glass'],
        ]}
        onChoose={(texture) => set({ texture })}
        testId="filter-texture"
      />
      {filtersAnything(filter) && (
        <span className="nl-small nl-field nl-filtered" aria-live="polite">
          <span className="nl-dim nl-wide" data-testid="filtered">
            {shown} of {all}
          </span>
          <Button onPress={() => onChange(NO_FILTER)} testId="filter-clear">
            Show all
          </Button>
        </span>
      )}
    </div>
  );
}
