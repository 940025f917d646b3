-- One track call a request, with a write key, over connections that stay open.
wrk.method = "POST"
wrk.headers["Authorization"] = "Basic " .. os.getenv("COLLECTOR_BASIC")
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"userId":"user-000042","event":"add_to_cart","messageId":"6f1c0c8e-4a2b-4a6e-9d3b-2f6f0e6a1b11",'
    .. '"timestamp":"2026-11-23T06:00:00.000Z","context":{"page":{"url":"https://shop.example/products/17"}},'
    .. '"properties":{"price":19.9}}'

-- At half the load: each connection waits between its answers, so that `RATE` requests a second come of all together.
local rate = tonumber(os.getenv("COLLECTOR_RATE") or "0")
local connections = tonumber(os.getenv("COLLECTOR_CONNECTIONS") or "64")
if rate > 0 then
    function delay() return connections / rate * 1000 * (0.5 + math.random()) end
end
