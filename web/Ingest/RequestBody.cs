using Microsoft.AspNetCore.Http.Features;

namespace OpsMonitor.Web.Ingest;

/// <summary>Reads a body up to its limit, whatever its length claims to be.</summary>
internal static class RequestBody
{
    public const int MaxBytes = 1024 * 1024;

    public static async ValueTask<(ReadOnlyMemory<byte> Body, Problem? Problem)> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentLength > MaxBytes) return (default, TooLarge);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxBytes;
        var buffer = new byte[(int)Math.Min(request.ContentLength ?? 16 * 1024, MaxBytes) + 1];
        var length = 0;
        try
        {
            int read;
            while ((read = await request.Body.ReadAsync(buffer.AsMemory(length), context.RequestAborted)) > 0)
            {
                length += read;
                if (length > MaxBytes) return (default, TooLarge);
                if (length == buffer.Length) Array.Resize(ref buffer, Math.Min(length * 2, MaxBytes + 1));
            }
        }
        catch (IOException e)
        {
            // The server itself found the body too long, cut short, too slow or cut into pieces of impossible length.
            return (default, e is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } ? TooLarge : new(400, "incomplete_body", "The body could not be read to its end."));
        }
        return length == 0 ? (default, new(400, "empty_body", "The body is empty.")) : (buffer.AsMemory(0, length), null);
    }

    private static Problem TooLarge => new(413, "body_too_large", "A body has at most 1 MiB.");
}
