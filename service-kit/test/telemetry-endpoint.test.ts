import { afterEach, expect, test, vi } from 'vitest';
import { startTelemetry } from '../src/telemetry';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test.each(['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])(
  'When %s is no address, then the service says so and does not start',
  (variable) => {
    vi.stubEnv(variable, 'http://exa mple:4317');
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const exit = vi.spyOn(process, 'exit').mockImplementation((status) => {
      throw new Error(`exit ${status}`);
    });
    expect(() => startTelemetry({ serviceName: 'test' })).toThrow('exit 1');
    expect(exit).toHaveBeenCalledOnce();
    expect(written).toHaveBeenCalledWith(
      `${variable} must be an address such as http://localhost:4317, not "http://exa mple:4317".\n`,
    );
  },
);
