// @bitrix24/b24jssdk as a contestant: storages as the SDK's data-storage example makes them.
//
// node b24jssdk.mjs SDK_DIRECTORY < job > seconds
//
// Its limits are its defaults, scaled. Some seconds in it are constants, which nothing here comes to: the five it keeps
// from the operating limit, the one it waits beyond a reset, the ten it waits at least when it was refused.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const entry = join(process.argv[2], 'node_modules/@bitrix24/b24jssdk/dist/esm/index.mjs')
const { B24OAuth } = await import(pathToFileURL(entry).href)
const { endpoint, token, storages, properties, phase, pace } = JSON.parse(readFileSync(0, 'utf8'))

const codes = Array.from({ length: storages }, (_, number) => `s${number}`)
const phases = { create, 'no-op': create, change, destroy }

const began = performance.now()
const $b24 = opened()
await phases[phase]()
process.stdout.write(JSON.stringify({ seconds: (performance.now() - began) / 1000 }))

function opened() {
  const b24 = new B24OAuth(
    {
      applicationToken: '', userId: 1, memberId: 'm', accessToken: token, refreshToken: 'none',
      expires: Math.floor(Date.now() / 1000) + 3600, expiresIn: 3600, scope: 'entity', status: 'L',
      domain: new URL(endpoint).host, clientEndpoint: endpoint, serverEndpoint: 'https://oauth.invalid/rest/'
    },
    { clientId: 'none', clientSecret: 'none' },
    {
      restrictionParams: {
        rateLimit: { burstLimit: 50, drainRate: 2 * pace, adaptiveEnabled: true },
        operatingLimit: { windowMs: 600_000 / pace, limitMs: 480_000 / pace, heavyPercent: 80 },
        adaptiveConfig: { enabled: true, thresholdPercent: 80, coefficient: 0.01, maxDelay: 7000 / pace }
      }
    }
  )
  b24.offClientSideWarning()
  return b24
}

async function call(method, params) {
  const response = await $b24.actions.v2.call.make({ method, params, requestId: method })
  if (!response.isSuccess) throw new Error(response.getErrorMessages().join('; '))
  return response.getData().result
}

async function create() {
  const known = new Set((await call('entity.get', {})).map(storage => storage.ENTITY))
  for (const code of codes.filter(each => !known.has(each))) {
    const response = await $b24.actions.v2.batch.make({
      calls: creations(code), options: { isHaltOnError: true, requestId: code }
    })
    if (!response.isSuccess) throw new Error(response.getErrorMessages().join('; '))
  }
}

function creations(code) {
  const additions = Array.from({ length: properties }, (_, number) => ({
    method: 'entity.item.property.add',
    params: { ENTITY: code, PROPERTY: `p${number}`, NAME: `P${number}`, TYPE: 'S' }
  }))
  return [{ method: 'entity.add', params: { ENTITY: code, NAME: 'Storage' } }, ...additions]
}

async function change() {
  for (const code of codes) {
    await call('entity.item.property.update', { ENTITY: code, PROPERTY: 'p0', NAME: 'Changed' })
  }
}

async function destroy() {
  for (const code of codes) await call('entity.delete', { ENTITY: code })
}
