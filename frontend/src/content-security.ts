import type { HelmetOptions } from 'helmet';

/**
 * Pages load everything from this shop and run no scripts, except the shop's own where browsers send spans to
 * `tracesUrl`. Plain HTTP stays allowed.
 */
export function contentSecurity(tracesUrl: string | undefined): HelmetOptions {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: [tracesUrl ? "'self'" : "'none'"],
        ...(tracesUrl && { connectSrc: [tracesUrl] }),
        objectSrc: ["'none'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: false,
  };
}
