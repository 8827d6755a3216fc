-- Asks Keyward about a request's key, for apache.conf. Needs LuaSocket (Debian: lua-socket).

local socket = require "socket"

-- Several Keywards on one database: each can be restarted without a lost request. The first that
-- answers counts.
local keywards = {
    "127.0.0.1:8080",
    -- "unix:/run/keyward/keyward.sock",
    -- "127.0.0.1:8082",
}
local TIME_LIMIT = 2 -- seconds, for each
local LARGEST_ANSWER = 65536

local identity = {
    "X-Keyward-Key-Id", "X-Keyward-Project", "X-Keyward-Environment",
    "X-Keyward-Scopes", "X-Keyward-Label", "X-Keyward-Consumer",
}

-- What Keyward reads.
local asked = { "X-API-Key", "Authorization", "User-Agent" }

local refusals = {
    [400] = true, [401] = true, [403] = true, [408] = true, [429] = true, [431] = true, [503] = true,
}

-- What is not forwarded: the secret, the client's claim about its address (Apache adds the real
-- one), and what makes some frameworks change the method or the path that was checked.
local unwanted = {
    ["x-api-key"] = true,
    ["x-forwarded-for"] = true, ["forwarded"] = true,
    ["x-http-method-override"] = true, ["x-http-method"] = true, ["x-method-override"] = true,
    ["x-original-url"] = true, ["x-rewrite-url"] = true,
}

-- A connection, and a function that connects it.
local function reach(keyward)
    local path = keyward:match("^unix:(.*)$")
    if path then
        local connection = require("socket.unix")()
        return connection, function() return connection:connect(path) end
    end
    local host, port = keyward:match("^(.*):(%d+)$")
    local connection = assert(socket.tcp())
    return connection, function() return connection:connect(host, port) end
end

local function exchange(keyward, request)
    local deadline = socket.gettime() + TIME_LIMIT
    local connection, connect = reach(keyward)
    local function limited()
        connection:settimeout(math.max(deadline - socket.gettime(), 0.001), "t")
        return connection
    end
    local answer, length = {}, 0
    limited()
    local sent = connect() and limited():send(request)
    while sent do
        local part, problem, partial = limited():receive(8192)
        part = part or partial
        length = length + #part
        answer[#answer + 1] = part
        if problem == "closed" then
            connection:close()
            return table.concat(answer)
        elseif problem or length > LARGEST_ANSWER then
            break
        end
    end
    connection:close()
end

local function header_lines(head)
    local headers = {}
    for name, value in head:gmatch("\r\n([^:\r\n]+):[ \t]*([^\r\n]*)") do
        headers[name:lower()] = value:match("^(.-)[ \t]*$")
    end
    return headers
end

-- The answer's status, headers and body; nil unless it is complete.
local function parse(answer)
    local status, head, body = (answer or ""):match("^HTTP/1%.%d (%d%d%d)(.-\r\n)\r\n(.*)$")
    if not status then return nil end
    local headers = header_lines(head)
    if headers["transfer-encoding"] or tonumber(headers["content-length"] or 0) ~= #body then
        return nil
    end
    return tonumber(status), headers, body
end

local function ask(r)
    local lines = {
        "GET /verify?" .. r.subprocess_env["KEYWARD_NEEDS"] .. " HTTP/1.1",
        "Host: keyward",
        "X-Forwarded-For: " .. r.useragent_ip,
        "Connection: close",
    }
    for _, name in ipairs(asked) do
        local value = r.headers_in[name]
        if value and not value:find("[%c]") then
            lines[#lines + 1] = name .. ": " .. value
        end
    end
    local request = table.concat(lines, "\r\n") .. "\r\n\r\n"
    local status, headers, body
    for _, keyward in ipairs(keywards) do
        status, headers, body = parse(exchange(keyward, request))
        if status and status ~= 503 then break end
    end
    return status, headers, body
end

-- CORS preflights carry no key. The media API answers them, without an identity. To tighten, compare
-- Origin with your own. If this returns false, preflights get a 401.
local function is_preflight(r)
    return r.method == "OPTIONS"
        and (r.headers_in["Origin"] or "") ~= ""
        and (r.headers_in["Access-Control-Request-Method"] or "") ~= ""
end

-- Removes what the API must not see from the client.
local function clean(r)
    -- Beside a key in X-API-Key, Authorization may carry a token of the API's own. Otherwise it is
    -- the key.
    local key = r.headers_in["X-API-Key"] or ""
    if key == "" or (r.headers_in["Authorization"] or ""):find(key, 1, true) then
        r.headers_in["Authorization"] = nil
    end
    for name in pairs(r:headers_in_table()) do
        local lower = name:lower()
        -- Frameworks read X_Keyward_Key_Id or X.Keyward.Key.Id as X-Keyward-Key-Id, and so on.
        if unwanted[lower] or lower:find("keyward", 1, true) or lower:find("[^%w-]") then
            r.headers_in[name] = nil
        end
    end
end

local function reply(r, status, headers, body)
    for _, name in ipairs({ "WWW-Authenticate", "Retry-After", "RateLimit", "RateLimit-Policy" }) do
        r.err_headers_out[name] = headers[name:lower()]
    end
    r.err_headers_out["Cache-Control"] = "no-store"
    r.status = status
    r.content_type = "application/problem+json"
    r:write(body)
    return apache2.DONE
end

local function judge(r)
    -- Such a Connection header would get an identity header dropped on the way. "..;" and
    -- backslashes are steps up the path for some servers, though not for Apache.
    if (r.headers_in["Connection"] or ""):lower():find("keyward", 1, true)
        or r.uri:find("\\", 1, true) or r.uri:find("/%.%.?;") then
        return reply(r, 400, {}, '{"type":"about:blank","title":"Bad Request","status":400}')
    end
    if is_preflight(r) then
        clean(r)
        return apache2.OK
    end
    local status, headers, body = ask(r)
    if refusals[status] then
        return reply(r, status, headers, body)
    elseif status ~= 200 then
        return nil
    end
    clean(r)
    for _, name in ipairs(identity) do
        r.headers_in[name] = headers[name:lower()] or ""
    end
    for _, name in ipairs({ "RateLimit", "RateLimit-Policy" }) do
        r.err_headers_out[name] = headers[name:lower()]
    end
    return apache2.OK
end

function check_access(r)
    local ran, verdict = pcall(judge, r)
    if ran and verdict then return verdict end
    if not ran then r:err("keyward: " .. tostring(verdict)) end
    return reply(r, 503, { ["retry-after"] = "1" }, '{"type":"about:blank","title":"Service Unavailable","status":503}')
end
