import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that a test's server got. */
export type Received = { method: string; path: string; headers: IncomingHttpHeaders; body: string };

/** A server of a test's own, on a free port, that notes what it gets. */
export class HttpServer {
  readonly received: Received[] = [];

  private constructor(
    readonly url: string,
    private readonly closeServer: () => Promise<void>,
  ) {}

  /** @param answer Called for every request; It ends the response. */
  static async start(answer: (request: Received, response: ServerResponse) => void): Promise<HttpServer> {
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { method = '', url: path = '', headers } = request;
      const received = { method, path, headers, body };
      started.received.push(received);
      answer(received, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const started = new HttpServer(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
    return started;
  }

  close(): Promise<void> {
    return this.closeServer();
  }

  /** Requests for a path, without its query. */
  to(path: string): Received[] {
    return this.received.filter((request) => request.path.split('?')[0] === path);
  }
}

/** Answers with JSON. */
export function answerJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
