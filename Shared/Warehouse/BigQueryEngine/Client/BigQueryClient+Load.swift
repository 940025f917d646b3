// Load jobs: rows that come with the job, which replaces what is in a table. Loading is free; twice is once.
import Curl
import Foundation

extension BigQueryClient {
    /// Puts rows in place of all that is in a table, which is made where it is missing, and waits until they are there.
    /// - Parameter lines: JSON objects, a line each.
    func load(
        _ lines: [UInt8], into table: TableReference, _ fields: [TableFieldSchema],
        id: String = BigQueryClient.newJobID()
    ) async throws(BigQueryError) {
        do throws(BigQueryError) {
            var state = try await startLoad(
                lines, JobLoad(destinationTable: table, schema: TableSchema(fields: fields)), id)
            var pause = Duration.milliseconds(250)
            while state.status?.state != "DONE" {
                try await wait(pause)
                pause = min(pause * 2, .seconds(5))
                state = try await job(id)
            }
            if let error = state.status?.errorResult { throw BigQueryError(job: error) }
        } catch {
            if error.origin == .cancelled { await cancel(id) }
            throw error
        }
    }

    private func startLoad(_ lines: [UInt8], _ load: JobLoad, _ id: String) async throws(BigQueryError) -> JobState {
        // Two parts (RFC 2387): what the job is, and its rows.
        let boundary = "millrace-\(UUID().uuidString)"
        let head = try Self.json(job(JobConfiguration(load: load), id: id))
        var body = Array("--\(boundary)\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n".utf8)
        body += head
        body += Array("\r\n--\(boundary)\r\nContent-Type: application/octet-stream\r\n\r\n".utf8)
        body += lines
        body += Array("\r\n--\(boundary)--\r\n".utf8)
        let request = OutgoingRequest(
            "POST", address("upload/bigquery/v2", ["jobs"], [("uploadType", "multipart")]),
            headers: [("Content-Type", "multipart/related; boundary=\(boundary)")], body: .bytes(body),
            isIdempotent: false)
        do throws(BigQueryError) {
            return try await call(request)
        } catch {
            guard error.isDuplicate else { throw error }
            return try await job(id)
        }
    }
}
