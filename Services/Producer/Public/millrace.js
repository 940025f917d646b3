/* Millrace: page views, sessions and events of this site, sent to its own collector.
   <script src="https://collector/millrace.js" data-key="KEY" async></script>
   Options: data-endpoint (default: where this file came from), data-cookies="true" (id in a cookie instead of
   localStorage), data-auto="false" (no page views by itself), data-dnt="false" (ignore Do Not Track and GPC).
   millrace.track(name, properties)  millrace.page(properties)  millrace.identify(id, traits)  millrace.flush() */
(function (window, document) {
  "use strict";
  var script = document.currentScript, data = script ? script.dataset : {}, earlier = window.millrace;
  var endpoint = (data.endpoint || (script ? new URL(script.src).origin : "")).replace(/\/$/, "");
  var quiet = data.dnt !== "false" &&
    (navigator.doNotTrack === "1" || window.doNotTrack === "1" || navigator.globalPrivacyControl === true);
  var IDLE = 30 * 60 * 1000, BATCH = 20, BYTES = 60000, KEPT = 500;
  var queue = [], timer = 0, sending = false, failures = 0, lastUrl = "", memory = {};

  function id() {
    if (window.crypto && crypto.randomUUID) return crypto.randomUUID();
    var bytes = crypto.getRandomValues(new Uint8Array(16)), text = "";
    for (var i = 0; i < 16; i++) text += (bytes[i] + 256).toString(16).slice(1);
    return text;
  }
  function read(name) {
    try {
      if (data.cookies === "true") {
        var found = document.cookie.match("(?:^|; )" + name + "=([^;]*)");
        return found ? decodeURIComponent(found[1]) : null;
      }
      return localStorage.getItem(name);
    } catch (error) { return memory[name] || null; }
  }
  function write(name, value) {
    try {
      if (data.cookies === "true")
        document.cookie = name + "=" + encodeURIComponent(value) + "; path=/; max-age=31536000; SameSite=Lax";
      else localStorage.setItem(name, value);
    } catch (error) { memory[name] = value; }
  }
  function anonymousId() {
    var known = read("millrace_id");
    if (!known) write("millrace_id", known = id());
    return known;
  }
  function sessionId() {
    var parts = (read("millrace_session") || "").split(" "), now = Date.now();
    var known = parts[0] && now - Number(parts[1]) < IDLE ? parts[0] : id();
    write("millrace_session", known + " " + now);
    return known;
  }
  function call(type, more) {
    if (quiet) return;
    var message = {
      type: type, messageId: id(), timestamp: new Date().toISOString(), anonymousId: anonymousId(),
      context: {
        sessionId: sessionId(), library: { name: "millrace.js" },
        device: { type: /Mobi|Android/i.test(navigator.userAgent) ? "mobile" : "desktop" },
        page: { url: location.href, title: document.title, referrer: document.referrer || undefined }
      }
    };
    var user = read("millrace_user");
    if (user) message.userId = user;
    for (var name in more) if (more[name] !== undefined) message[name] = more[name];
    queue.push(message);
    if (queue.length > KEPT) queue.shift();
    if (queue.length >= BATCH) flush();
    else if (!timer) timer = setTimeout(flush, 1000);
  }
  function take() {
    var batch = [], size = 0;
    while (queue.length && batch.length < BATCH) {
      size += JSON.stringify(queue[0]).length;
      if (batch.length && size > BYTES) break;
      batch.push(queue.shift());
    }
    return batch;
  }
  function body(batch) {
    return JSON.stringify({ writeKey: data.key, sentAt: new Date().toISOString(), batch: batch });
  }
  // A page that goes away cannot wait: what it has is handed to the browser.
  function leave() {
    while (queue.length) {
      var batch = take();
      if (!navigator.sendBeacon || !navigator.sendBeacon(endpoint + "/v1/batch", body(batch))) {
        queue = batch.concat(queue);
        return;
      }
    }
  }
  function again(batch, after) {
    queue = batch.concat(queue);
    failures++;
    timer = setTimeout(flush, Math.max(after, Math.min(60000, 1000 * Math.pow(2, failures)) * (0.5 + Math.random() / 2)));
  }
  function flush() {
    clearTimeout(timer);
    timer = 0;
    if (sending || !queue.length) return;
    var batch = take();
    sending = true;
    // As plain text, so that no preflight is needed; kept alive, so that it survives the page, as far as browsers do that.
    var text = body(batch);
    fetch(endpoint + "/v1/batch", { method: "POST", body: text, headers: { "Content-Type": "text/plain" },
      credentials: "omit", keepalive: text.length < 20000 }).then(function (answer) {
      sending = false;
      if (answer.status === 429 || answer.status >= 500)
        return again(batch, 1000 * Number(answer.headers.get("Retry-After") || 0));
      failures = 0;
      if (queue.length) flush();
    }, function () { sending = false; again(batch, 0); });
  }
  function page(properties) {
    lastUrl = location.href;
    call("page", { name: document.title, properties: properties });
  }
  function moved() { if (location.href !== lastUrl) page(); }

  window.millrace = {
    track: function (name, properties) { call("track", { event: name, properties: properties }); },
    page: page,
    identify: function (user, traits) {
      if (quiet) return;
      if (user) write("millrace_user", String(user));
      call("identify", { traits: traits });
    },
    flush: flush
  };
  if (earlier && earlier.length)
    earlier.forEach(function (one) { window.millrace[one[0]].apply(null, [].slice.call(one, 1)); });
  if (data.auto !== "false") {
    ["pushState", "replaceState"].forEach(function (name) {
      var original = history[name];
      history[name] = function () {
        var result = original.apply(this, arguments);
        setTimeout(moved, 0);
        return result;
      };
    });
    window.addEventListener("popstate", moved);
    window.addEventListener("hashchange", moved);
    page();
  }
  window.addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", function () { if (document.visibilityState === "hidden") leave(); });
})(window, document);
