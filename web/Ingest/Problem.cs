using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace OpsMonitor.Web.Ingest;

/// <summary>An answer that is not what the caller hoped for (RFC 9457). Holds places and rules, never a value that was sent.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Stable snake_case name, for programs.</param>
/// <param name="Detail">One sentence, for people.</param>
/// <param name="Pointer">RFC 6901 pointer into the body; empty for the body as a whole.</param>
/// <param name="RetryAfterSeconds">Set where the same request may succeed later.</param>
public sealed record Problem(int Status, string Code, string Detail, string Pointer = "", int? RetryAfterSeconds = null)
{
    /// <summary>Writes the problem; <paramref name="more"/> may add members.</summary>
    public Task WriteAsync(HttpContext context, Action<Utf8JsonWriter>? more = null)
    {
        if (RetryAfterSeconds is { } seconds) context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Reply.WriteAsync(context, Status, "application/problem+json", writer =>
        {
            writer.WriteString("type", "about:blank");
            writer.WriteString("title", ReasonPhrases.GetReasonPhrase(Status));
            writer.WriteNumber("status", Status);
            writer.WriteString("detail", Detail);
            writer.WriteString("code", Code);
            writer.WriteString("pointer", Pointer);
            writer.WriteBoolean("retryable", RetryAfterSeconds is not null);
            more?.Invoke(writer);
        });
    }
}

/// <summary>One JSON object as an answer: never cached, never sniffed.</summary>
internal static class Reply
{
    private const int LargestKept = 64 * 1024;

    // One per thread: the answer is put together without waiting, and copied to the connection before anything is waited for.
    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? _own;

    public static async Task WriteAsync(HttpContext context, int status, string contentType, Action<Utf8JsonWriter> members)
    {
        var (buffer, writer) = _own ??= New();
        _own = null; // whatever is thrown below, nobody goes on with half an answer
        buffer.ResetWrittenCount();
        writer.Reset();
        writer.WriteStartObject();
        members(writer);
        writer.WriteEndObject();
        writer.Flush();
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = buffer.WrittenCount;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        var written = response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
        if (written.IsCompleted && buffer.Capacity <= LargestKept) _own = (buffer, writer); // else somebody may still read it
        await written;
    }

    private static (ArrayBufferWriter<byte>, Utf8JsonWriter) New()
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        return (buffer, new(buffer));
    }
}
