// AwayPage: what a person sees in the place of a page whose service cannot answer now. It loads nothing but our own look,
// has no script, and asks again by itself.
import Hummingbird

struct AwayPage {
    let response: Response

    /// `nil` for a request that is not a browser's for a page: a program reads problem+json.
    init?(_ problem: Problem, for request: Request) {
        guard request.method == .get || request.method == .head, !request.uri.path.hasPrefix("/api/"),
            request.headers[.accept]?.contains("text/html") == true
        else { return nil }
        let text = """
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <meta http-equiv="refresh" content="5">
              <title>Away · Millrace</title>
              <link rel="stylesheet" href="/shared/base.css">
            </head>
            <body>
              <main><div class="state error" role="alert"><strong>\(Self.escaped(problem.title))</strong>
              <span>\(Self.escaped(problem.detail ?? "")) This page tries again by itself.</span></div></main>
            </body>
            </html>

            """
        var headers = problem.headers
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.cacheControl] = "no-store"
        response = Response(
            status: problem.status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
