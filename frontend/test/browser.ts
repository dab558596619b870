import { type HTMLElement, parse } from 'node-html-parser';
import request, { type Test } from 'supertest';

/** A page as a visitor receives it. */
export interface Page {
  status: number;
  headers: Headers;
  /** The target of a redirect. */
  location: string | null;
  /** `Set-Cookie` headers, by name of the cookie. */
  setCookies: Map<string, string>;
  html: HTMLElement;
  /** The text between the tags, in one line. */
  text: string;
}

export interface Browser {
  readonly cookies: Map<string, string>;
  open(path: string): Promise<Page>;
  /** Submits a form of a page with its hidden fields and these others, without those that are undefined; does not follow the redirect. */
  submit(page: Page, action: string, fields?: Record<string, string | undefined>): Promise<Page>;
  /** Sends a request that `fillIn` may complete. */
  send(method: string, path: string, fillIn?: (request: Test) => void): Promise<Page>;
  /** Follows the redirect. */
  follow(page: Page): Promise<Page>;
}

/** Opens a browser that keeps cookies, parses pages and fills in forms. `headers` go with every request. */
export function openBrowser(baseUrl: string, headers: Record<string, string> = {}): Browser {
  const cookies = new Map<string, string>();

  const send: Browser['send'] = async (method, path, fillIn = () => undefined) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const reply = await new request.Test(baseUrl, method, path)
      .set({ ...headers, ...(cookie && { cookie }) })
      .use(fillIn);
    const setCookies = new Map<string, string>();
    for (const header of reply.get('Set-Cookie') ?? []) {
      const [name = '', value = ''] = header.split(';', 1)[0]?.split('=') ?? [];
      setCookies.set(name, header);
      if (/expires=thu, 01 jan 1970/i.test(header)) cookies.delete(name);
      else cookies.set(name, value);
    }
    // Pictures and answers to HEAD have no text.
    const html = parse(reply.text ?? '');
    return {
      status: reply.status,
      headers: new Headers(reply.headers),
      location: reply.get('Location') ?? null,
      setCookies,
      html,
      text: html.textContent.replace(/\s+/g, ' ').trim(),
    };
  };

  return {
    cookies,
    send,
    open: (path) => send('GET', path),
    follow(page) {
      if (page.location === null) throw new Error(`No redirect, but ${page.status}: ${page.text}`);
      return send('GET', page.location);
    },
    submit(page, action, fields = {}) {
      const filledIn = { ...hiddenFields(page, action), ...fields };
      return send('POST', action, (request) => request.type('form').send(filledIn));
    },
  };
}

/** The hidden fields of a form of a page, by name. */
export function hiddenFields({ html, text }: Page, action: string): Record<string, string> {
  const form = html.querySelector(`form[action="${action}"]`);
  if (!form) throw new Error(`No form ${action} on the page: ${text}`);
  const hidden = form.querySelectorAll('input[type=hidden]');
  return Object.fromEntries(
    hidden.map((input) => [input.getAttribute('name') ?? '', input.getAttribute('value') ?? '']),
  );
}

/** Finds the error of a field as a screen reader does. @returns its text, undefined when there is none */
export function errorOf(page: Page, field: string): string | undefined {
  const input = page.html.querySelector(`[name=${field}][aria-invalid]`);
  const ids = input?.getAttribute('aria-describedby')?.split(' ') ?? [];
  return ids.map((id) => page.html.querySelector(`.error[id="${id}"]`)?.textContent).find(Boolean);
}
