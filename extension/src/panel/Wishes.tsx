/** What the candidates are asked to be: one line while it is folded, a slider for each condition of the generator. */
import { ConditionName } from '@nodulelab/contract';
import { useState } from 'react';
import type { NoduleLabService } from '../service/noduleLabService.ts';
import { lungRadsText } from '../state/lungRads.ts';
import { chosenModel, isActive, type Session } from '../state/session.ts';
import { canBeAsked, conditionOf, conditionsLine, isFew, namedIn, wishesFor } from '../state/wishes.ts';
import { Button } from './parts.tsx';
import { Wish } from './Wish.tsx';

interface Props {
  readonly service: NoduleLabService;
  readonly session: Session;
}

export function Wishes({ service, session }: Props) {
  const { generation } = service;
  const [open, setOpen] = useState(false);
  const model = chosenModel(session);
  const able = canBeAsked(model);
  const wanted = wishesFor(model, session.wanted);
  const named = namedIn(wanted);
  const busy = session.generating || isActive(session.job);
  const few = named.some((name) => isFew(conditionOf(model, name), wanted[name]!));
  return (
    <div className="nl-wishes" data-testid="wishes" data-able={able}>
      <div className="nl-field">
        <button
          type="button"
          className="nl-fold nl-small nl-wide"
          aria-expanded={open}
          aria-controls="nl-wish-list"
          title={named.length > 0 ? conditionsLine(wanted) : 'Size and looks that candidates are asked for'}
          onClick={() => setOpen(!open)}
          data-testid="wishes-fold"
        >
          <span className="nl-hidden">{`Wanted: ${named.length > 0 ? conditionsLine(wanted) : 'any nodule'}`}</span>
          <span aria-hidden="true">
            Wanted: {named.length > 0 ? conditionsLine(wanted, true) : 'any nodule'}
          </span>
        </button>
        {few && <span className="nl-few" role="img" aria-label="few nodules like this in training" />}
        {named.length > 0 && (
          <Button
            icon
            disabled={busy}
            label="Ask for any nodule"
            title="Ask for any nodule"
            onPress={() => generation.wantAny()}
            testId="wish-any"
          >
            {'\u00d7'}
          </Button>
        )}
      </div>
      {open && (
        <div id="nl-wish-list" role="group" aria-label="What the candidates are asked to be">
          {!able && (
            <p className="nl-small nl-dim" data-testid="wishes-unable">
              This generator cannot be asked for size or looks: it draws whatever it has learned.
            </p>
          )}
          {ConditionName.options.map((name) => (
            <Wish
              key={name}
              name={name}
              condition={conditionOf(model, name)}
              value={wanted[name]}
              disabled={busy}
              onChange={(value) => generation.setWish(name, value)}
            />
          ))}
          {able && (
            <p
              className="nl-small nl-dim nl-aid"
              title="ACR Lung-RADS v2022 at baseline, from size and texture alone: no growth, no prior CT. It means the mean diameter; here it is the largest."
              data-testid="lung-rads"
            >
              {wanted.diameter !== undefined && wanted.texture !== undefined
                ? `Aid, not a reading: ${lungRadsText(wanted.diameter, wanted.texture)}`
                : 'Aid: Lung-RADS needs diameter and texture.'}
            </p>
          )}
        </div>
      )}
    </div>
  );
}
