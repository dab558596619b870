import { Agent, request } from 'node:http';

/** A page as a visitor receives it. */
type Page = { status: number; location: string | undefined; html: string };

/** A visitor with a cookie jar and one connection, who follows redirects and fills in forms. */
export type Shopper = {
  /** Opens a page. Throws an UnexpectedAnswer when its status is not the `expected` one, by default 200. */
  open: (path: string, expected?: number) => Promise<Page>;
  /**
   * Submits the form of the current page that leads to `path`, with its hidden fields, and follows the redirect. With
   * `refused`, the form is expected to come back with that status.
   */
  submit: (path: string, fields?: Record<string, string>, refused?: number) => Promise<Page>;
  /** Returns the `Cookie` header that its requests have. */
  cookie: () => string;
  leave: () => void;
};

/** The shop answered with another status than expected. */
export class UnexpectedAnswer extends Error {
  override name = 'UnexpectedAnswer';
  readonly status: number;
  constructor(what: string, status: number) {
    super(`${what} answered ${status}`);
    this.status = status;
  }
}

/** A browser would wait longer; a customer would not. */
const ANSWER_LIMIT_MS = 10_000;

export function createShopper(baseUrl: string): Shopper {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const cookies = new Map<string, string>();
  let shown = '';

  const cookieHeader = () => Array.from(cookies, ([name, value]) => `${name}=${value}`).join('; ');

  const send = (method: 'GET' | 'POST', path: string, form?: string) =>
    new Promise<Page>((resolve, reject) => {
      const cookie = cookieHeader();
      const headers = {
        'accept-language': 'fr',
        ...(cookie && { cookie }),
        ...(form !== undefined && {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': String(Buffer.byteLength(form)),
        }),
      };
      const sent = request(
        baseUrl + path,
        { method, agent, headers, timeout: ANSWER_LIMIT_MS },
        (response) => {
          keepCookies(cookies, response.headers['set-cookie'] ?? []);
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const html = Buffer.concat(chunks).toString();
            resolve({ status: response.statusCode ?? 0, location: response.headers.location, html });
          });
        },
      );
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${ANSWER_LIMIT_MS / 1000} s`)));
      sent.on('error', reject);
      sent.end(form);
    });

  const open = async (path: string, expected = 200) => {
    const page = await send('GET', path);
    if (page.status !== expected) throw new UnexpectedAnswer(`GET ${path}`, page.status);
    shown = page.html;
    return page;
  };

  return {
    open,
    async submit(path, fields = {}, refused) {
      const form = new URLSearchParams({ ...hiddenFields(shown, path), ...fields }).toString();
      const page = await send('POST', path, form);
      if (page.status === refused) return page;
      if (![302, 303].includes(page.status) || page.location === undefined)
        throw new UnexpectedAnswer(`POST ${path}`, page.status);
      return open(page.location);
    },
    cookie: cookieHeader,
    leave: () => agent.destroy(),
  };
}

/** The hidden fields of the form with this action; of the whole page where no form names it, as in the original shop. */
function hiddenFields(html: string, action: string): Record<string, string> {
  const forms = html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs);
  const own = [...forms].find(([, attributes = '']) => attribute(attributes, 'action') === action);
  const fields: Record<string, string> = {};
  for (const [input] of (own?.[2] ?? html).matchAll(/<input\b[^>]*>/g)) {
    const name = attribute(input, 'name');
    if (name !== undefined && attribute(input, 'type') === 'hidden')
      fields[name] = attribute(input, 'value') ?? '';
  }
  return fields;
}

/** What the shop's hidden fields hold needs no unescaping. */
function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
}

function keepCookies(cookies: Map<string, string>, setCookie: string[]): void {
  for (const line of setCookie) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) cookies.set(name, value);
  }
}
