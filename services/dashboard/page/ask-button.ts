import type { AskedRunAnswer } from '@margay/api-contract';
import { html, useState } from 'htm/preact';
import { ask, part, type ApiProblem } from './api.ts';
import { Problem, visible } from './parts.ts';

/** A button that asks for a run or a revision, and then says which. */
export function AskButton(asked: {
  path: string;
  label: string;
  /** What it is about, for who does not see what stands beside it. */
  about?: string;
  onAsked?: () => void;
}) {
  const [isWaiting, setWaiting] = useState(false);
  const [answer, setAnswer] = useState<AskedRunAnswer>();
  const [problem, setProblem] = useState<ApiProblem>();
  const press = async () => {
    setWaiting(true);
    setProblem(undefined);
    try {
      setAnswer(await ask<AskedRunAnswer>(asked.path, { method: 'POST' }));
      asked.onAsked?.();
    } catch (error) {
      setProblem(error as ApiProblem);
    }
    setWaiting(false);
  };
  const { path: _, label, about } = asked;
  return html`<button
      type="button"
      disabled=${isWaiting}
      aria-label=${about === undefined ? label : visible(`${label}: ${about}`)}
      onClick=${() => void press()}
    >
      ${label}
    </button>
    <span role="status">
      ${
        answer &&
        html` <a href=${answer.isOverClusters ? '#/reports' : `#/runs/${part(answer.id)}`}
          >${answer.isNew ? 'asked for' : `${answer.state} already`}${answer.revision > 1 && `: revision ${answer.revision}`}</a
        >`
      }
    </span>
    ${problem && html`<${Problem} problem=${problem} />`}`;
}
