// A database for stores that outlive a request, in a runtime where a connection does not.
import type { Database } from '../../db/client.ts'

/**
 * A database whose every operation goes to what `current` answers at that moment: the connection of the request being
 * served. So the app is built once an isolate, and no request touches another's connection.
 */
export function requestDatabase(current: () => Database): Database {
  return new Proxy({} as Database, {
    get: (_, name) => {
      const database = current()
      const value: unknown = Reflect.get(database, name, database)
      return typeof value === 'function' ? value.bind(database) : value
    },
  })
}
