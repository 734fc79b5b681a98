/** Whether two parts of objects are the same as the API server has them: fields in any order, undefined ones left out. */
import { isDeepStrictEqual } from "node:util";

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

export const areSame = (one: unknown, other: unknown): boolean => isDeepStrictEqual(plain(one), plain(other));
