-- Asks Keyward about a request's key, for haproxy.cfg.

local socket = os.getenv("KEYWARD_SOCKET")

local identity = {
    "x-keyward-key-id", "x-keyward-project", "x-keyward-environment",
    "x-keyward-scopes", "x-keyward-label", "x-keyward-consumer",
}

-- What Keyward reads.
local asked = { "x-api-key", "authorization", "user-agent" }

local refusals = {
    [400] = true, [401] = true, [403] = true, [408] = true, [429] = true, [431] = true, [503] = true,
}

-- HAProxy counts values from 0.
local function first(headers, name)
    local values = headers and headers[name]
    return values and values[0]
end

local function unavailable(txn)
    local reply = txn:reply()
    reply:set_status(503)
    reply:add_header("content-type", "application/problem+json")
    reply:add_header("retry-after", "1")
    reply:add_header("cache-control", "no-store")
    reply:set_body('{"type":"about:blank","title":"Service Unavailable","status":503}')
    txn:done(reply)
end

local function refuse(txn, answer)
    local reply = txn:reply()
    reply:set_status(answer.status)
    for _, name in ipairs({ "content-type", "www-authenticate", "retry-after", "ratelimit", "ratelimit-policy" }) do
        local value = first(answer.headers, name)
        if value then reply:add_header(name, value) end
    end
    reply:add_header("cache-control", "no-store")
    reply:set_body(answer.body or "")
    txn:done(reply)
end

local function ask(txn)
    local theirs = txn.http:req_get_headers()
    -- On a connection that is kept open, HAProxy answers a failure with silence.
    local headers = { ["x-forwarded-for"] = { txn.f:src() }, ["connection"] = { "close" } }
    for _, name in ipairs(asked) do
        local values = theirs[name]
        if values then
            -- All of them: it is up to Keyward to refuse two keys.
            headers[name] = {}
            for i = 0, #values do table.insert(headers[name], values[i]) end
        end
    end
    return core.httpclient():get({
        url = "http://127.0.0.1/verify?" .. txn:get_var("txn.needs"),
        dst = socket,
        headers = headers,
        timeout = 5000,
    })
end

core.register_action("keyward", { "http-req" }, function(txn)
    local asked_well, answer = pcall(ask, txn)
    local status = asked_well and answer and answer.status
    if status == 200 then
        for _, name in ipairs(identity) do
            txn.http:req_set_header(name, first(answer.headers, name) or "")
        end
        for name, var in pairs({ ["ratelimit"] = "txn.ratelimit", ["ratelimit-policy"] = "txn.ratelimit_policy" }) do
            local value = first(answer.headers, name)
            if value then txn:set_var(var, value) end
        end
        txn:set_var("txn.keyward", "passed")
    elseif refusals[status] and first(answer.headers, "content-type") == "application/problem+json" then
        -- Keyward's own answer. HAProxy's, when it can't reach Keyward, is in HTML.
        refuse(txn, answer)
    else
        unavailable(txn)
    end
end)
