import { toScript, type Script } from "../shared/redis-link.ts";

/*
 * What replicas share, in Redis 6.2 or newer and in Valkey. Nothing is a counter that could drift: who has a turn
 * stands in one table, and a turn is as good as the lease of its replica.
 *
 *   turns      id → "replica day reserved key"     turns that are taken
 *   replicas   replica → "expiry generation"       leases, kept up by heartbeats
 *   lost       id → "day reserved key"             turns of replicas that went away: counted as reserved, until told better
 *   used:DAY   key → tokens                        absent: the store has to be asked
 *   rate:KEY   second → requests
 *
 * A generation is the number of a replica's connection: what an earlier one left in a buffer must not be done late.
 * The first argument is the time in milliseconds; empty: Redis's own, which all replicas share.
 */
const READ_TIME = `
local function readTime()
  if ARGV[1] ~= '' then return tonumber(ARGV[1]) end
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
`;

const PAIRS_OF = `
local function pairsOf(key)
  local flat = redis.call('HGETALL', key)
  local found = {}
  for at = 1, #flat, 2 do found[flat[at]] = flat[at + 1] end
  return found
end
`;

const CHARGE = `
local function charge(usedKey, key, tokens)
  if tokens ~= 0 and redis.call('HEXISTS', usedKey, key) == 1 then
    redis.call('HINCRBY', usedKey, key, string.format('%.0f', tokens))
  end
end
`;

/** Over `turns, replicas, lost, used:DAY, used:DAY-1` and `time, lease, day`: ends what replicas that are gone held. */
const SWEEP = `${READ_TIME}${PAIRS_OF}${CHARGE}
local now, lease, today = readTime(), tonumber(ARGV[2]), tonumber(ARGV[3])
local function usedOf(day)
  if day == today then return KEYS[4] end
  if day == today - 1 then return KEYS[5] end
end
local live, liveCount = {}, 0
for replica, text in pairs(pairsOf(KEYS[2])) do
  local expiry, generation = string.match(text, '^(%S+) (%S+)$')
  if tonumber(expiry) <= now then redis.call('HDEL', KEYS[2], replica)
  else
    live[replica] = generation
    liveCount = liveCount + 1
    -- Where the clock was set back, a lease would last for as long as that.
    if tonumber(expiry) > now + lease then
      redis.call('HSET', KEYS[2], replica, string.format('%.0f', now + lease) .. ' ' .. generation)
    end
  end
end
local turns = {}
for id, text in pairs(pairsOf(KEYS[1])) do
  local replica, day, reserved, key = string.match(text, '^(%S+) (%S+) (%S+) (.*)$')
  local turn = { replica = replica, day = tonumber(day), reserved = tonumber(reserved), key = key }
  if live[replica] then turns[id] = turn
  else
    redis.call('HDEL', KEYS[1], id)
    redis.call('HSET', KEYS[3], id, day .. ' ' .. reserved .. ' ' .. key)
    redis.call('EXPIRE', KEYS[3], 3600)
    local used = usedOf(turn.day)
    if used then charge(used, key, turn.reserved) end
  end
end
`;

/** KEYS `rate:KEY, used:DAY`; ARGV `time, key, requests per minute or -1, tokens per day or -1`. */
export const COUNT_REQUEST: Script = toScript(`${READ_TIME}${PAIRS_OF}
local now, key, perMinute, perDay = readTime(), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if perDay >= 0 then
  local used = redis.call('HGET', KEYS[2], key)
  if not used then return { 'unknown' } end
  if tonumber(used) >= perDay then return { 'spent' } end
end
if perMinute < 0 then return { 'counted' } end
local second = math.floor(now / 1000)
local seconds, total = {}, 0
for text, count in pairs(pairsOf(KEYS[1])) do
  local at = tonumber(text)
  if at <= second - 61 or at > second then redis.call('HDEL', KEYS[1], text)
  else
    seconds[#seconds + 1] = { at = at, count = tonumber(count) }
    total = total + tonumber(count)
  end
end
if perMinute == 0 then return { 'too-many', 61000 } end
local excess = total - perMinute + 1
if excess > 0 then
  table.sort(seconds, function(one, other) return one.at < other.at end)
  for _, entry in ipairs(seconds) do
    excess = excess - entry.count
    if excess <= 0 then return { 'too-many', math.ceil((entry.at + 61) * 1000 - now) } end
  end
end
redis.call('HINCRBY', KEYS[1], string.format('%.0f', second), 1)
redis.call('PEXPIRE', KEYS[1], 62000)
return { 'counted' }
`);

/** KEYS `used:DAY`; ARGV `key, tokens`: what the store knows, unless another replica was first. */
export const REMEMBER_USED: Script = toScript(`
redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], 259200)
return 1
`);

/** ARGV after the sweep's: `replica, generation, id, key, turns, concurrent or -1, tokens per day or -1, expected tokens`. */
export const TAKE: Script = toScript(`${SWEEP}
local replica, id, key = ARGV[4], ARGV[6], ARGV[7]
if live[replica] ~= ARGV[5] then return { 'stale' } end
local most, concurrent, perDay, expected = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local used = 0
if perDay >= 0 then
  used = redis.call('HGET', KEYS[4], key)
  if not used then return { 'unknown' } end
  used = tonumber(used)
  if used >= perDay then return { 'spent' } end
end
local serving, own, reserved = 0, 0, 0
for _, turn in pairs(turns) do
  serving = serving + 1
  if turn.key == key then
    own = own + 1
    if turn.day == today then reserved = reserved + turn.reserved end
  end
end
if serving >= most then return { 'full' } end
if concurrent >= 0 and own >= concurrent then return { 'busy' } end
local aside = 0
if perDay >= 0 then
  local left = perDay - used - reserved
  if left <= 0 then return { 'busy' } end
  aside = math.min(left, math.max(1, expected))
end
local text = string.format('%s %.0f %.0f %s', replica, today, aside, key)
redis.call('HSET', KEYS[1], id, text)
return { 'taken', aside }
`);

/** KEYS `turns, lost, used:DAY of the turn`; ARGV `id, key, tokens, channel, replica`. A second time does nothing. */
export const SETTLE: Script = toScript(`${CHARGE}
local id, key, tokens = ARGV[1], ARGV[2], tonumber(ARGV[3])
if redis.call('HDEL', KEYS[1], id) == 1 then
  charge(KEYS[3], key, tokens)
  redis.call('PUBLISH', ARGV[4], ARGV[5])
  return 1
end
local lost = redis.call('HGET', KEYS[2], id)
if lost then
  redis.call('HDEL', KEYS[2], id)
  charge(KEYS[3], key, tokens - tonumber(string.match(lost, '^%S+ (%S+)')))
end
return 0
`);

/**
 * ARGV after the sweep's: `replica, generation, kept count, kept ids…, then for each turn: id, day, reserved, key`.
 * The replica has these turns and no others but the kept ones; answers how many replicas there are.
 */
export const JOIN: Script = toScript(`${SWEEP}
local replica, keptCount = ARGV[4], tonumber(ARGV[6])
local kept = {}
for at = 7, 6 + keptCount do kept[ARGV[at]] = true end
for at = 7 + keptCount, #ARGV, 4 do
  local id, day, reserved, key = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  kept[id] = true
  if redis.call('HDEL', KEYS[3], id) == 1 then
    local used = usedOf(tonumber(day))
    if used then charge(used, key, -tonumber(reserved)) end
  end
  redis.call('HSET', KEYS[1], id, replica .. ' ' .. day .. ' ' .. reserved .. ' ' .. key)
end
for id, turn in pairs(turns) do
  if turn.replica == replica and not kept[id] then redis.call('HDEL', KEYS[1], id) end
end
redis.call('HSET', KEYS[2], replica, string.format('%.0f', now + lease) .. ' ' .. ARGV[5])
if not live[replica] then liveCount = liveCount + 1 end
return liveCount
`);

/** ARGV after the sweep's: `replica, generation`. Answers how many replicas there are; 0: it has to join anew. */
export const BEAT: Script = toScript(`${SWEEP}
if live[ARGV[4]] ~= ARGV[5] then return 0 end
redis.call('HSET', KEYS[2], ARGV[4], string.format('%.0f', now + lease) .. ' ' .. ARGV[5])
return liveCount
`);

/** KEYS `replicas`; ARGV `replica`. What it still holds is swept by the others. */
export const LEAVE: Script = toScript("return redis.call('HDEL', KEYS[1], ARGV[1])");
