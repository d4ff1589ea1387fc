// Creates, fills, lists, renames and deletes a storage with @bitrix24/b24jssdk, as its documentation shows.
//
// node journey.mjs SDK_DIRECTORY < {endpoint, token, items} > what was seen

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const entry = join(process.argv[2], 'node_modules/@bitrix24/b24jssdk/dist/esm/index.mjs')
const { B24OAuth } = await import(pathToFileURL(entry).href)
const { endpoint, token, items } = JSON.parse(readFileSync(0, 'utf8'))

const $b24 = new B24OAuth(
  {
    applicationToken: '', userId: 1, memberId: 'm', accessToken: token, refreshToken: 'none',
    expires: Math.floor(Date.now() / 1000) + 3600, expiresIn: 3600, scope: 'entity', status: 'L',
    domain: new URL(endpoint).host, clientEndpoint: endpoint, serverEndpoint: 'https://oauth.invalid/rest/'
  },
  { clientId: 'none', clientSecret: 'none' }
)
$b24.offClientSideWarning()

async function call(method, params) {
  const response = await $b24.actions.v2.call.make({ method, params, requestId: method })
  if (!response.isSuccess) throw new Error(response.getErrorMessages().join('; '))
  return response
}

const result = async (method, params) => (await call(method, params)).getData().result

// create, as the data-storage example does: what is missing is made in one batch
const known = await result('entity.get', {})
if (!known.some(storage => storage.ENTITY === 'dish')) {
  const response = await $b24.actions.v2.batch.make({
    calls: [
      { method: 'entity.add', params: { ENTITY: 'dish', NAME: 'Dishes', ACCESS: { AU: 'W' } } },
      { method: 'entity.item.property.add', params: { ENTITY: 'dish', PROPERTY: 'price', NAME: 'Price', TYPE: 'N' } }
    ],
    options: { isHaltOnError: true, requestId: 'init' }
  })
  if (!response.isSuccess) throw new Error(response.getErrorMessages().join('; '))
}

// fill
const calls = Array.from({ length: items }, (_, number) =>
  ['entity.item.add', { ENTITY: 'dish', NAME: `Dish ${number}`, PROPERTY_VALUES: { price: number } }])
const filled = await $b24.actions.v2.batchByChunk.make({ calls, options: { isHaltOnError: true, requestId: 'fill' } })
if (!filled.isSuccess) throw new Error(filled.getErrorMessages().join('; '))

// list: page by page, then by >ID
const paged = []
for (let page = await call('entity.item.get', { ENTITY: 'dish', SORT: { ID: 'ASC' }, start: 0 }); page;) {
  paged.push(...page.getData().result.map(item => item.ID))
  page = page.isMore() ? await call('entity.item.get', { ENTITY: 'dish', SORT: { ID: 'ASC' }, start: paged.length }) : null
}
const listed = await $b24.actions.v2.callList.make({
  method: 'entity.item.get', params: { ENTITY: 'dish' }, idKey: 'ID', requestId: 'list'
})
const by_id = listed.getData().map(item => item.ID)

// rename, delete
await call('entity.update', { ENTITY: 'dish', ENTITY_NEW: 'meal', NAME: 'Meals' })
const renamed = (await result('entity.get', {})).map(storage => storage.ENTITY)
await call('entity.delete', { ENTITY: 'meal' })
const left = await result('entity.get', {})

process.stdout.write(JSON.stringify({ paged, by_id, renamed, left }))
