public import Bytes

/// Writes the heads of responses. Source: RFC 9112, section 4.
public enum ResponseWriter: HeadWriter {
    /// Appends the status line.
    /// - `status`: three digits.
    public static func head(status: Int, to output: inout Buffer) {
        precondition(100...999 ~= status, "a status has three digits")
        output.append("HTTP/1.1 ")
        output.append(decimal: status)
        output.append(.space)
        output.append(reason(status))
        output.append("\r\n")
    }

    /// Appends the whole interim response that asks for the body. Source: RFC 9110, section 15.2.1.
    public static func interimContinue(to output: inout Buffer) {
        output.append("HTTP/1.1 100 Continue\r\n\r\n")
    }

    /// Source: RFC 9110, section 15; RFC 6585.
    private static func reason(_ status: Int) -> StaticString {
        switch status {
        case 100: "Continue"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        default: errorReason(status)
        }
    }

    private static func errorReason(_ status: Int) -> StaticString {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}
