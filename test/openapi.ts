import { Validator } from '@seriousme/openapi-schema-validator';
import { z } from 'zod';

const openApi = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

/** Lists the routes of an OpenAPI document as `METHOD /path/{name}`, sorted. @throws unless it is valid 3.1 */
export async function describedRoutes(document: unknown): Promise<string[]> {
  const { paths } = openApi.parse(document);
  const validator = new Validator();
  const { valid, errors } = await validator.validate(openApi.parse(document));
  if (!valid || validator.version !== '3.1')
    throw new Error(`No valid OpenAPI 3.1: ${JSON.stringify(errors)}`);
  return Object.entries(paths)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
    .sort();
}
