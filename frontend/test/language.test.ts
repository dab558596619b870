import { describe, expect } from 'vitest';
import { en } from '../src/messages-en';
import { fr } from '../src/messages-fr';
import { openBrowser } from './browser';
import { test } from './shop';

const languageOf = (page: {
  html: { querySelector(selector: string): { getAttribute(name: string): string | undefined } | null };
}) => page.html.querySelector('html')?.getAttribute('lang');

describe('the language of a page', () => {
  test.for<[header: string, language: string]>([
    ['', 'fr'],
    ['*', 'fr'],
    ['de', 'fr'],
    ['en', 'en'],
    ['en-GB,en;q=0.9', 'en'],
    ['de,en;q=0.5', 'en'],
    ['fr-CA', 'fr'],
    ['en;q=0.5,fr;q=0.9', 'fr'],
    ['en,fr', 'en'],
    ['nonsense;;q=', 'fr'],
  ])('When the browser prefers %j, then it is %s', async ([header, language], { shop }) => {
    const page = await openBrowser(shop.url, { 'accept-language': header }).open('/');
    expect(languageOf(page)).toBe(language);
    expect(page.text).toContain(language === 'fr' ? fr.home.heading : en.home.heading);
    expect(page.headers.get('vary')).toContain('Accept-Language');
  });

  test('When English is chosen, then it stays until French is chosen', async ({ stranger }) => {
    const page = await stranger.open('/?lang=en');
    expect([languageOf(page), page.setCookies.get('lang')]).toEqual([
      'en',
      expect.stringMatching(/HttpOnly; SameSite=Lax/),
    ]);
    expect(languageOf(await stranger.open('/nowhere'))).toBe('en');
    expect(languageOf(await stranger.open('/?lang=fr'))).toBe('fr');
    expect(languageOf(await stranger.open('/'))).toBe('fr');
  });

  test.for(['/?lang=de', '/?lang=', '/?lang=en&lang=fr', '/?lang[]=en', '/?lang=__proto__'])(
    'When %s is opened, then it is French and no cookie is set',
    async (path, { stranger }) => {
      const page = await stranger.open(path);
      expect([page.status, languageOf(page), page.setCookies.size]).toEqual([200, 'fr', 0]);
    },
  );

  test.for([
    ['/product/laptop-pro', '/product/laptop-pro?lang=en'],
    ['/orders?before=5&lang=fr', '/orders?before=5&lang=en'],
    ['/login?next=%2Forders', '/login?next=%2Forders&lang=en'],
    ['//evil.example/', '/?lang=en'],
  ] as const)(
    'When a visitor switches the language on %s, then they stay there',
    async ([path, expected], { alice }) => {
      const link = (await alice.open(path)).html.querySelector('.languages [lang=en]');
      expect(link?.getAttribute('href')).toBe(expected);
    },
  );

  test('When a form was refused, then the switch leads to the page with the form', async ({ alice }) => {
    const page = await alice.submit(await alice.open('/checkout'), '/cart/update/1', { quantity: '0' });
    expect(page.status).toBe(400);
    expect(page.html.querySelector('.languages [lang=en]')?.getAttribute('href')).toBe('/checkout?lang=en');
  });
});
