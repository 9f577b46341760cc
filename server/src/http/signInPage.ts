/** The page on which people sign in: one field, no script. */
import { escapeHtml } from '../gan/report/html.ts';

const STYLE = `body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #050615; color: #e6e9f5; font: 15px/1.45 system-ui, sans-serif; }
main { width: min(360px, calc(100vw - 32px)); } h1 { font-size: 20px; margin: 0 0 4px; } p { margin: 4px 0 14px; color: #a9b4d0; }
label { display: block; margin-bottom: 4px; } input { box-sizing: border-box; width: 100%; padding: 9px 10px; font: inherit; color: inherit; background: #0b1033; border: 1px solid #2c3468; border-radius: 5px; }
input:focus-visible, button:focus-visible { outline: 2px solid #5acce6; outline-offset: 1px; }
button { margin-top: 12px; padding: 8px 16px; font: inherit; color: #04121a; background: #5acce6; border: 0; border-radius: 5px; cursor: pointer; }
[role=alert] { color: #ffb4a8; } a { color: #5acce6; }`;

export interface SignInState {
  readonly problem?: string;
  /** Who is signed in already. */
  readonly signedIn?: string | null;
}

/** @param next path of this server to go on to */
export const signInPage = (next: string, { problem, signedIn }: SignInState): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>NoduleLab: sign in</title><style>${STYLE}</style></head>
<body><main>
<h1>NoduleLab</h1>
${
  signedIn
    ? `<p>You are signed in as ${escapeHtml(signedIn)}. <a href="${escapeHtml(next)}">Go on</a>, or:</p>
<form method="post" action="/sign-out"><button type="submit">Sign out</button></form>`
    : `<p>Sign in with the token that an admin of this server gave you.</p>
${problem === undefined ? '' : `<p role="alert">${escapeHtml(problem)}</p>`}
<form method="post" action="/sign-in">
<label for="token">Token</label>
<input name="account" type="text" autocomplete="username" value="NoduleLab" hidden>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<input name="next" type="hidden" value="${escapeHtml(next)}">
<button type="submit">Sign in</button>
</form>`
}
</main></body></html>
`;
