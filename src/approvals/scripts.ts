import { createHash } from "node:crypto";

/** A Lua script and the SHA-1 by which Redis knows it. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

function script(lua: string): Script {
  return { lua, sha: createHash("sha1").update(lua).digest("hex") };
}

const now = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[1])
`;

const tell = `
local function tell(outbox, notices)
  for notice in string.gmatch(notices, '[^\\n]+') do redis.call('ZADD', outbox, 'NX', now, notice) end
end
`;

/** KEYS: approvals. ARGV: ahead. Gives the time, then ask and standing of each (false where there is none). */
export const look = script(`${now}
local found = { now }
for _, key in ipairs(KEYS) do
  local hash = redis.call('HMGET', key, 'ask', 'standing')
  table.insert(found, hash[1])
  table.insert(found, hash[2])
end
return found`);

/** KEYS: approvals, one at least. ARGV: ahead. Gives the time, then the standing of each (false where there is none). */
export const stand = script(`${now}
local found = { now }
for _, key in ipairs(KEYS) do table.insert(found, redis.call('HGET', key, 'standing')) end
return found`);

/** KEYS: binding, grants. ARGV: ahead. Gives the time and the ids (false where there is none). */
export const find = script(`${now}
local found = { now }
for _, key in ipairs(KEYS) do table.insert(found, redis.call('GET', key)) end
return found`);

/**
 * Opens an ask, unless another has come first. KEYS: binding, approval, open, pending, all, outbox, pending of its requester.
 * ARGV: ahead, the id seen under the binding ('' for none), id, ask, standing but for its times, within, keep, channel, notices,
 * how many may be pending of one requester. The times are filled in here, from the server's clock. Gives the time, 0 where the
 * binding has changed, or -1 where too many are pending.
 */
export const create = script(`${now}${tell}
local seen = redis.call('GET', KEYS[1]) or ''
if seen ~= ARGV[2] then return 0 end
if redis.call('ZCOUNT', KEYS[7], now, '+inf') >= tonumber(ARGV[10]) then return -1 end
local within = tonumber(ARGV[6])
local standing = string.gsub(ARGV[5], '"@now"', string.format('%.0f', now))
standing = string.gsub(standing, '"@end"', string.format('%.0f', now + within))
redis.call('SET', KEYS[1], ARGV[3], 'PX', within)
redis.call('HSET', KEYS[2], 'ask', ARGV[4], 'standing', standing, 'version', 1)
redis.call('PEXPIRE', KEYS[2], within + tonumber(ARGV[7]))
redis.call('ZADD', KEYS[3], now + within, ARGV[3])
redis.call('ZADD', KEYS[4], now, ARGV[3])
redis.call('ZADD', KEYS[5], now, ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[7], '-inf', now)
redis.call('ZADD', KEYS[7], now + within, ARGV[3])
if redis.call('PTTL', KEYS[7]) < within then redis.call('PEXPIRE', KEYS[7], within) end
tell(KEYS[6], ARGV[9])
redis.call('PUBLISH', ARGV[8], cjson.encode({ id = ARGV[3], state = 'pending', version = 1, at = now }))
return now`);

/**
 * Makes moves that were worked out from what was seen, group after group: all moves of a group, or none where an approval of
 * it has moved on since (0) or where the time of one is over (-1); else its answer is 1. All changes are told in one message. KEYS: open, pending, outbox, then per
 * move the approval, its grant, and what is pending of its requester. ARGV: ahead, channel, then per move: its group, id,
 * version seen, new standing, new state, not after, end, grant until ('' for none), notices.
 */
export const commit = script(`${now}${tell}
local moves = (#KEYS - 3) / 3
local changes = {}
local function key(move, n) return KEYS[move * 3 + n] end
local function arg(move, n) return ARGV[2 + (move - 1) * 9 + n] end
local function forbidden(move)
  if redis.call('HGET', key(move, 1), 'version') ~= arg(move, 3) then return 0 end
  if arg(move, 6) ~= '' and now >= tonumber(arg(move, 6)) then return -1 end
end
local function make(move)
  local id, state = arg(move, 2), arg(move, 5)
  local version = tonumber(arg(move, 3)) + 1
  tell(KEYS[3], arg(move, 9))
  redis.call('HSET', key(move, 1), 'standing', arg(move, 4), 'version', version)
  if state == 'pending' or state == 'approved' then
    redis.call('ZADD', KEYS[1], tonumber(arg(move, 7)), id)
  else
    redis.call('ZREM', KEYS[1], id)
  end
  if state ~= 'pending' then
    redis.call('ZREM', KEYS[2], id)
    redis.call('ZREM', key(move, 3), id)
  end
  if arg(move, 8) ~= '' then
    local left = tonumber(arg(move, 8)) - now
    if left > 0 then redis.call('SET', key(move, 2), id, 'PX', math.floor(left)) end
  end
  table.insert(changes, { id = id, state = state, version = version, at = now })
end
local answers = {}
local first = 1
while first <= moves do
  local last, answer = first, 1
  while last < moves and arg(last + 1, 1) == arg(first, 1) do last = last + 1 end
  for move = first, last do answer = answer == 1 and forbidden(move) or answer end
  if answer == 1 then
    for move = first, last do make(move) end
  end
  table.insert(answers, answer)
  first = last + 1
end
if #changes == 1 then redis.call('PUBLISH', ARGV[2], cjson.encode(changes[1])) end
if #changes > 1 then redis.call('PUBLISH', ARGV[2], cjson.encode(changes)) end
return answers`);

/** KEYS: outbox, attempts. ARGV: ahead, limit, lease. Gives keys and attempts of what is due, and puts it off by the lease. */
export const claim = script(`${now}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, tonumber(ARGV[2]))
local found = {}
for _, key in ipairs(due) do
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), key)
  table.insert(found, key)
  table.insert(found, redis.call('HGET', KEYS[2], key) or '0')
end
return found`);

/** KEYS: outbox, attempts. ARGV: ahead, key, after (0: it is done). */
export const putOff = script(`${now}
if tonumber(ARGV[3]) == 0 then
  redis.call('HDEL', KEYS[2], ARGV[2])
  return redis.call('ZREM', KEYS[1], ARGV[2])
end
redis.call('HINCRBY', KEYS[2], ARGV[2], 1)
return redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[2])`);
