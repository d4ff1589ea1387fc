// Carries out the cases on stdin with @bitrix24/b24jssdk, and writes what a caller sees to stdout.
//
// node run.mjs SDK_DIRECTORY < cases.json > outcomes.json

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const entry = join(process.argv[2], 'node_modules/@bitrix24/b24jssdk/dist/esm/index.mjs')
const { B24OAuth } = await import(pathToFileURL(entry).href)

const { endpoint, token, cases } = JSON.parse(readFileSync(0, 'utf8'), revive)
const b24 = new B24OAuth(
  {
    applicationToken: '', userId: 1, memberId: 'm', accessToken: token, refreshToken: 'none',
    expires: Math.floor(Date.now() / 1000) + 86400, expiresIn: 86400, scope: 'entity', status: 'L',
    domain: new URL(endpoint).host, clientEndpoint: endpoint, serverEndpoint: 'https://oauth.invalid/rest/'
  },
  { clientId: 'none', clientSecret: 'none' },
  { restrictionParams: { rateLimit: { burstLimit: 1e9, drainRate: 1e9, adaptiveEnabled: false }, retryDelay: 1 } }
)
b24.offClientSideWarning()

const outcomes = {}
for (const one of cases) {
  outcomes[one.id] = await carryOut(one).catch(error => ({ raised: { name: error.name, code: String(error.code) } }))
}
process.stdout.write(JSON.stringify(outcomes))

async function carryOut({ id, action, calls, halt, ajax }) {
  const options = { isHaltOnError: halt, requestId: id }
  switch (action) {
    case 'batch':
      return result(await b24.actions.v2.batch.make({ calls, options: { ...options, returnAjaxResult: ajax } }), ajax)
    case 'batch_by_chunk':
      return result(await b24.actions.v2.batchByChunk.make({ calls, options }), false)
    case 'call_list':
      return result(await b24.actions.v2.callList.make({ ...calls, requestId: id }), false)
  }
}

function result(found, ajax) {
  const data = found.getData()
  return {
    is_success: found.isSuccess,
    errors: Object.fromEntries([...found.errors].map(([key, error]) => [key, failure(error)])),
    data: ajax ? (Array.isArray(data) ? data.map(row) : mapValues(data, row)) : data,
    order: data && !Array.isArray(data) ? Object.keys(data) : null
  }
}

function row(found) {
  const { method, params, requestId } = found.getQuery()
  return {
    is_success: found.isSuccess,
    data: found.getData()?.result ?? null,
    time: found.getData()?.time ?? null,
    status: found.getStatus(),
    total: found.getTotal(),
    is_more: found.isMore(),
    error: found.isSuccess ? null : failure(found.getErrors().next().value),
    query: { method, params, request_id: requestId }
  }
}

function failure(error) {
  return { code: String(error.code), description: error.message }
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]))
}

function revive(_, value) {
  return value && typeof value === 'object' && '$date' in value ? new Date(value.$date) : value
}
