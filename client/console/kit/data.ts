// Reading and changing through the API, with one cache of what was read.
import { keepPreviousData, QueryClient, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/preact-query'
import { useCallback, useRef, useState } from 'preact/hooks'
import type { Permission } from '../../../server/console/permissions.ts'
import { reasonOf } from '../../shared/api.ts'
import { type Answer, ConsoleRefused, change, type Input, type Outcome, read, type VerbId } from '../api.ts'

/** What was read is shown at once and read again when it is older than this, when the window gets the focus, or after a change. */
const STALE_AFTER_MS = 15_000

/** The cache of one page load. */
export function newQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: STALE_AFTER_MS,
        // What was refused is refused again; what did not arrive may.
        retry: (failures, error) => !(error instanceof ConsoleRefused) && failures < 1,
        networkMode: 'always',
      },
    },
  })
}

function keyOf(id: VerbId, input: unknown): readonly unknown[] {
  return [id.split('.')[0], id, input]
}

export interface Reading<Value> {
  /** Null until the first answer. Stays while it is read again. */
  readonly data: Value | null
  /** Why there is nothing, or nothing newer. */
  readonly refusal: string | null
  readonly loading: boolean
  again(): void
}

export interface ReadOptions {
  /** Read again every so many milliseconds, while the page is seen. */
  readonly everyMs?: number
  /** False: not yet. */
  readonly enabled?: boolean
}

/** Reads a verb and keeps the answer: `const people = useRead('people.show', { id })`. */
export function useRead<Id extends VerbId>(id: Id, input: Input<Id>, options: ReadOptions = {}): Reading<Answer<Id>> {
  const query = useQuery({
    queryKey: keyOf(id, input),
    queryFn: ({ signal }) => read(id, input, signal),
    placeholderData: keepPreviousData,
    enabled: options.enabled ?? true,
    refetchInterval: options.everyMs ?? false,
  })
  return {
    data: (query.data as Answer<Id> | undefined) ?? null,
    refusal: query.error === null ? null : reasonOf(query.error),
    loading: query.isPending && query.fetchStatus !== 'idle',
    again: () => void query.refetch(),
  }
}

/** An answer that is a page of a list. */
interface ListAnswer {
  readonly items: readonly unknown[]
  readonly next: string | null
  readonly total?: number | null | undefined
}

type ListId = { [Id in VerbId]: Answer<Id> extends ListAnswer ? Id : never }[VerbId]
type Item<Id extends VerbId> = Answer<Id> extends { readonly items: readonly (infer One)[] } ? One : never

export interface Listing<One> extends Reading<readonly One[]> {
  readonly total: number | null
  /** Whether there is more; `more` fetches it. */
  readonly hasMore: boolean
  readonly loadingMore: boolean
  more(): void
}

/** Reads a list verb page by page (`after`, `next`); `more()` appends the next one. */
export function useList<Id extends ListId>(
  id: Id,
  input: Omit<Input<Id>, 'after'>,
  options: ReadOptions = {},
): Listing<Item<Id>> {
  const query = useInfiniteQuery({
    queryKey: keyOf(id, input),
    queryFn: async ({ pageParam, signal }) => {
      const asked = { ...input, ...(pageParam === null ? {} : { after: pageParam }) } as unknown as Input<Id>
      return (await read(id, asked, signal)) as ListAnswer
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last: ListAnswer) => last.next,
    placeholderData: keepPreviousData,
    enabled: options.enabled ?? true,
    refetchInterval: options.everyMs ?? false,
  })
  const pages = query.data?.pages
  return {
    data: pages === undefined ? null : (pages.flatMap((page) => page.items) as Item<Id>[]),
    total: pages?.[0]?.total ?? null,
    refusal: query.error === null ? null : reasonOf(query.error),
    loading: query.isPending && query.fetchStatus !== 'idle',
    again: () => void query.refetch(),
    hasMore: query.hasNextPage,
    loadingMore: query.isFetchingNextPage,
    more: () => void query.fetchNextPage(),
  }
}

export interface Change<Id extends VerbId> {
  /** Does it: one at a time. Null when it was refused; `refusal` then says why. */
  run(input: Input<Id>): Promise<Outcome<Id> | null>
  readonly busy: boolean
  readonly refusal: string | null
  /** The whole refusal: its status, and the members that it shows (the field at fault; the thing as it stands). */
  readonly refused: ConsoleRefused | null
  /** Of a grave verb: the act that waits for a second administrator. */
  readonly act: string | null
  clear(): void
}

interface ChangeState {
  readonly busy: boolean
  readonly refusal: string | null
  readonly refused: ConsoleRefused | null
  readonly act: string | null
}

const QUIET: ChangeState = { busy: false, refusal: null, refused: null, act: null }

/**
 * Calls a verb that changes something: asks for a tap where one is needed, and reads anew whatever is shown of its noun, of acts, of
 * the audit log (where every change has its entry), and of the nouns in `also`.
 */
export function useChange<Id extends VerbId>(id: Id, also: readonly string[] = []): Change<Id> {
  const queries = useQueryClient()
  const [state, setState] = useState(QUIET)
  const busy = useRef(false)
  const run = async (input: Input<Id>): Promise<Outcome<Id> | null> => {
    if (busy.current) return null
    busy.current = true
    setState({ ...QUIET, busy: true })
    try {
      const outcome = await change(id, input)
      setState({ ...QUIET, act: outcome.done ? null : outcome.act })
      refresh(queries, [id.split('.')[0] ?? id, 'acts', 'audit', ...also])
      return outcome
    } catch (error) {
      const refused = error instanceof ConsoleRefused ? error : null
      setState({ ...QUIET, refusal: reasonOf(error), refused })
      if (refused?.reason === 'edited-meanwhile') refresh(queries, [id.split('.')[0] ?? id])
      return null
    } finally {
      busy.current = false
    }
  }
  return { ...state, run, clear: useCallback(() => setState(QUIET), []) }
}

function refresh(queries: QueryClient, nouns: readonly string[]): void {
  for (const noun of nouns) void queries.invalidateQueries({ queryKey: [noun] })
}

/** Reads anew whatever is shown of these nouns: for what came another way, such as a stream. */
export function useRefresh(): (...nouns: string[]) => void {
  const queries = useQueryClient()
  return useCallback((...nouns: string[]) => refresh(queries, nouns), [queries])
}

/** Who is signed in. Null until known. */
export function useMe(): Answer<'me.show'> | null {
  return useRead('me.show', {}).data
}

/** Whether the person's role holds a permission; false until known. */
export function useCan(permission: Permission): boolean {
  return useMe()?.permissions.includes(permission) ?? false
}
