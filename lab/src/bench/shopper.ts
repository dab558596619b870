import { Agent, request } from 'node:http';

/** A page as a visitor receives it. */
type Page = { status: number; location: string | undefined; html: string };

/** A visitor with a cookie jar and one connection, who follows redirects and fills in forms. */
export type Shopper = {
  /** Opens a page. Throws on an answer other than 200. */
  open: (path: string) => Promise<Page>;
  /** Submits a form of the current page, with its CSRF token, and follows the redirect. */
  submit: (path: string, fields?: Record<string, string>) => Promise<Page>;
  /** Returns the `Cookie` header that its requests have. */
  cookie: () => string;
  leave: () => void;
};

export function createShopper(baseUrl: string): Shopper {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const cookies = new Map<string, string>();
  let csrfToken = '';

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
      const sent = request(baseUrl + path, { method, agent, headers }, (response) => {
        keepCookies(cookies, response.headers['set-cookie'] ?? []);
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const html = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, location: response.headers.location, html });
        });
      });
      sent.on('error', reject);
      sent.end(form);
    });

  const open = async (path: string) => {
    const page = await send('GET', path);
    if (page.status !== 200) throw new Error(`GET ${path} answered ${page.status}`);
    csrfToken = /name="_csrf" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
    return page;
  };

  return {
    open,
    async submit(path, fields = {}) {
      const { status, location } = await send(
        'POST',
        path,
        new URLSearchParams({ _csrf: csrfToken, ...fields }).toString(),
      );
      if (status !== 303 || location === undefined) throw new Error(`POST ${path} answered ${status}`);
      return open(location);
    },
    cookie: cookieHeader,
    leave: () => agent.destroy(),
  };
}

function keepCookies(cookies: Map<string, string>, setCookie: string[]): void {
  for (const line of setCookie) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) cookies.set(name, value);
  }
}
