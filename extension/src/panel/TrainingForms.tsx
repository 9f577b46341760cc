/** Beginning a training, and making a model of one. */
import type { Training, TrainingOverview } from '@nodulelab/contract';
import { type FormEvent, useState } from 'react';
import type { Trainings } from '../service/trainings.ts';
import { Button } from './parts.tsx';

const NAME = '[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}';

const text = (form: FormData, name: string): string => String(form.get(name) ?? '').trim();

export function StartForm({
  trainings,
  overview,
  busy,
}: {
  trainings: Trainings;
  overview: TrainingOverview;
  busy: boolean;
}) {
  const { datasets, presets } = overview;
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = text(form, 'name');
    const minutes = Number(text(form, 'minutes'));
    const batchSize = Number(text(form, 'batch'));
    void trainings.start({
      ...(name === '' ? {} : { name }),
      dataset: text(form, 'dataset'),
      preset: text(form, 'preset'),
      seed: Number(text(form, 'seed')),
      ...(batchSize > 0 ? { batchSize } : {}),
      limits: minutes > 0 ? { maxMinutes: minutes } : {},
    });
  };
  if (datasets.length === 0)
    return (
      <p className="nl-dim" data-testid="no-datasets">
        There is no data set yet. Build one on the server, with <code>nodulelab dataset build</code>, in a
        folder of its own below <code>datasets/</code> of the server&apos;s data.
      </p>
    );
  return (
    <form className="nl-form" onSubmit={submit} aria-label="New training">
      <label>
        Data set
        <select name="dataset" data-testid="training-dataset">
          {datasets.map(({ name, patches, summary }) => (
            <option key={name} value={name}>{`${name} (${patches} patches, ${summary})`}</option>
          ))}
        </select>
      </label>
      <label>
        Preset
        <select name="preset" data-testid="training-preset">
          {presets.map((preset) => (
            <option key={preset}>{preset}</option>
          ))}
        </select>
      </label>
      <label title="The same seed, data and machine give the same weights">
        Seed
        <input name="seed" type="number" min={0} max={2 ** 31 - 1} defaultValue={1} required />
      </label>
      <label title="Patches that are shown together; no more than the set holds">
        Batch
        <input
          name="batch"
          type="number"
          min={1}
          max={256}
          placeholder="of the preset"
          data-testid="training-batch"
        />
      </label>
      <label title="Empty: to the end of the preset">
        Minutes at most
        <input name="minutes" type="number" min={1} placeholder="no limit" data-testid="training-minutes" />
      </label>
      <label title="Empty: preset and time">
        Name
        <input
          name="name"
          type="text"
          pattern={NAME}
          placeholder="preset and time"
          data-testid="training-name"
        />
      </label>
      <Submit busy={busy} onCancel={() => trainings.show('none')} testId="training-start">
        Start
      </Submit>
    </form>
  );
}

interface ModelFormProps {
  readonly trainings: Trainings;
  readonly training: Training;
  /** Stem of the checkpoint whose samples are looked at; null for the newest. */
  readonly shown: string | null;
  readonly busy: boolean;
}

export function ModelForm({ trainings, training, shown, busy }: ModelFormProps) {
  const { name, checkpoints } = training;
  const [model, setModel] = useState(name);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const checkpoint = text(form, 'checkpoint');
    void trainings.makeModel({
      ...{ model, description: text(form, 'description'), current: form.has('current') },
      ...(checkpoint === '' ? {} : { checkpoint }),
    });
  };
  return (
    <form className="nl-form" onSubmit={submit} aria-label="Make a model">
      <label title="The one whose samples are shown, or any other that is kept">
        Checkpoint
        <select
          name="checkpoint"
          defaultValue={checkpoints.some(({ stem }) => stem === shown) ? (shown ?? '') : ''}
          data-testid="model-checkpoint"
        >
          <option value="">the newest good one</option>
          {checkpoints.toReversed().map(({ stem, update }) => (
            <option key={stem} value={stem}>{`update ${update}`}</option>
          ))}
        </select>
      </label>
      <label>
        Model
        <input
          type="text"
          pattern={NAME}
          required
          value={model}
          onChange={(event) => setModel(event.target.value)}
          data-testid="model-name"
        />
      </label>
      <label>
        What it shows
        <input
          name="description"
          type="text"
          required
          placeholder="for its card"
          data-testid="model-description"
        />
      </label>
      <label
        className="nl-check-line"
        title="Everybody on this server is given it first, from now on; the list of models has the way back"
      >
        <input name="current" type="checkbox" data-testid="model-current" />
        Make it the current model
      </label>
      <Submit busy={busy} onCancel={() => trainings.show('none')} testId="model-make">
        Make the model
      </Submit>
    </form>
  );
}

/** A training that reached its limit goes on with another one. */
export function GoOnForm({ trainings, busy }: { trainings: Trainings; busy: boolean }) {
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void trainings.goOn(Number(text(new FormData(event.currentTarget), 'minutes')));
  };
  return (
    <form className="nl-form" onSubmit={submit} aria-label="Go on">
      <label title="Empty: to the end of the preset">
        Minutes more
        <input name="minutes" type="number" min={1} placeholder="no limit" data-testid="training-more" />
      </label>
      <Submit busy={busy} onCancel={() => trainings.show('none')} testId="training-go-on">
        Go on
      </Submit>
    </form>
  );
}

function Submit({
  busy,
  onCancel,
  testId,
  children,
}: {
  busy: boolean;
  onCancel: () => void;
  testId: string;
  children: string;
}) {
  return (
    <div className="nl-row">
      <button type="submit" className="nl-button nl-main nl-wide" disabled={busy} data-testid={testId}>
        {children}
      </button>
      <Button onPress={onCancel}>Cancel</Button>
    </div>
  );
}
