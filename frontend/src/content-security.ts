import type { HelmetOptions } from 'helmet';

/** Everything on a page comes from this shop, and nothing on it is a script. The shop itself may be on plain HTTP. */
export const contentSecurity: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'none'"],
      objectSrc: ["'none'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  strictTransportSecurity: false,
};
