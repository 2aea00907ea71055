-- The two hooks for HAProxy. The fetch of one header is the cheapest way that HAProxy's Lua has:
-- its http:req_get_headers() builds a table of all of them.

local requests = 0

core.register_action("request_filter", { "http-req" }, function(txn)
  requests = requests + 1
  local language = txn.sf:req_fhdr("accept-language")
  if language == "" then language = "none" end
  txn:set_priv({ language = language, count = requests })
end)

core.register_action("response_filter", { "http-res" }, function(txn)
  local ctx = txn:get_priv()
  txn.http:res_set_header("x-ctx", ctx.language .. " " .. ctx.count)
end)
