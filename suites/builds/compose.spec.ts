import { randomUUID } from 'node:crypto';
import { breaks, checksIn, docker, expect, pollUntil, sharedContainer } from '../../harness/checks/index.ts';
import { withoutExec } from '../instruments/container/runtime-wrapper.ts';
import { forwarded } from '../instruments/daemon/rootlesskit.ts';
import { refusalBy, withClient } from '../instruments/daemon/user-client.ts';
import { fetchFromHost } from '../instruments/peers/nonce-server.ts';
import { publishedPort, remainsOf, stackOf } from './stack.ts';

const check = checksIn(import.meta);

check('COMPOSE-UP', {
  level: 'MUST',
  title:
    'a compose stack with a network, secret, health dependency and port comes up, keeps its volume over down and up, and goes for good',
  source: docker('compose/how-tos/startup-order', 'condition: service_healthy'),
  applies: ({ host }) =>
    host.clientPlugins.compose
      ? true
      : 'the plugin docker compose is not installed (package docker-compose-plugin; docker-compose from Debian 13 on)',
  remedy: 'docker compose ps; docker compose logs; see SVC-HEALTH, NET-BRIDGE, PORT-LISTENER',
  async verify({ target, host, defer }) {
    await sharedContainer(target);
    const [secret, project] = [randomUUID(), `rdc-${randomUUID()}`];
    const compose = (...scripts: readonly string[]) =>
      withClient(
        { target, host },
        stackOf(secret),
        scripts.map((script) => `docker compose -p ${project} ${script}`).join(' && '),
      );
    defer(() => compose('down -v -t 0'));
    let answer = '';
    const answers = async () => {
      const port = (await publishedPort(target, project)) ?? 0;
      await forwarded(target, [port]);
      answer = await fetchFromHost(target, port);
      return answer.includes(secret);
    };
    // up waits for the health of db, not for web's socket
    const answered = async () => {
      await pollUntil(answers, { withinMs: 20_000, everyMs: 500 });
      return answer;
    };
    expect(refusalBy(await compose('up -d --wait --quiet-pull')), 'refusal of docker compose up --wait').toBeNull();
    expect(await answered(), 'what the published port of the stack answers').toContain(`${secret} db 1`);
    // containers are made anew; the volume stays
    expect(refusalBy(await compose('down -t 0', 'up -d --wait')), 'refusal of down and up').toBeNull();
    expect(await answered(), 'what it answers after down and up').toContain(`${secret} db 2`);
    expect(refusalBy(await compose('down -v -t 0')), 'refusal of docker compose down -v').toBeNull();
    expect(await remainsOf(target, project), 'what is left of the stack').toEqual({
      containers: 0,
      networks: 0,
      volumes: 0,
    });
  },
  fault: breaks('refusal of docker compose up --wait', 'the runtime starts containers and fails at exec', withoutExec),
});
