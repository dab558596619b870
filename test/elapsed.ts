/** Measures how long a promise takes, in milliseconds; a request of supertest is sent only now. */
export async function elapsed<Value>(promise: Promise<Value>): Promise<{ value: Value; ms: number }> {
  const startedAt = performance.now();
  const value = await promise;
  return { value, ms: performance.now() - startedAt };
}
