// Serves Azure's blob storage by Azurite on a free loopback port, with the container `takes` in it; prints the account's URL once it
// is there. Ends when stdin ends, so that no server outlives its test.

import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

// The account that every Azurite has: its key is no secret.
const ACCOUNT = 'devstoreaccount1'
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

const azurite = createRequire(join(process.env.CLIENT_MODULES, 'package.json')).resolve('azurite/dist/src/blob/main.js')
const options = ['--inMemoryPersistence', '--blobPort', '0', '--silent', '--disableTelemetry', '--skipApiVersionCheck']
const server = spawn(process.execPath, [azurite, ...options], { stdio: ['ignore', 'pipe', 'inherit'], cwd: tmpdir() })
server.on('exit', (code) => process.exit(code ?? 1))
process.stdin.on('end', () => server.kill('SIGKILL')).resume()

for await (const line of createInterface({ input: server.stdout })) {
  const listening = line.match(/successfully listens on (\S+)/)
  if (listening) {
    await createContainer(`${listening[1]}/${ACCOUNT}`, 'takes')
    console.log(`${listening[1]}/${ACCOUNT}`)
  }
}

async function createContainer(url, name) {
  const headers = { 'x-ms-date': new Date().toUTCString(), 'x-ms-version': '2023-11-03' }
  const canonical = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`).join('')
  // Method, eleven headers of which none is sent, the x-ms- headers, and what is asked for.
  const signed = `PUT\n${'\n'.repeat(11)}${canonical}/${ACCOUNT}/${ACCOUNT}/${name}\nrestype:container`
  const signature = createHmac('sha256', Buffer.from(KEY, 'base64')).update(signed, 'utf8').digest('base64')
  headers.authorization = `SharedKey ${ACCOUNT}:${signature}`
  const answer = await fetch(`${url}/${name}?restype=container`, { method: 'PUT', headers })
  if (answer.status !== 201) throw new Error(`no container: ${answer.status} ${await answer.text()}`)
}
