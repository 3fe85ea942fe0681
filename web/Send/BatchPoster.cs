using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OpsMonitor.Web.Send;

/// <summary>Posts batches of events to one server until it has taken them. Safe to use from several threads.</summary>
/// <param name="maxTries">how often one batch is tried: connection errors, 429 and 5xx count</param>
internal sealed class BatchPoster(HttpClient client, Uri server, int maxTries, TimeProvider time)
{
    /// <summary>Bytes of events in one request: under the server's 1 MiB.</summary>
    public const int MaxBodyBytes = 900 * 1024;

    /// <summary>Events in one request, by the server's limit.</summary>
    public const int MaxEvents = 500;

    private static readonly MediaTypeHeaderValue BatchType = new("application/cloudevents-batch+json");
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(250), LongestBackOff = TimeSpan.FromSeconds(30);

    private readonly Uri _endpoint = new(server.AbsoluteUri.TrimEnd('/') + "/api/v1/events");

    /// <summary>A client as every sender has it.</summary>
    public static HttpClient Client(HttpMessageHandler? handler, string? key)
    {
        var client = handler is null ? new HttpClient() : new HttpClient(handler, disposeHandler: false);
        client.Timeout = TimeSpan.FromSeconds(30);
        if (key is not null) client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return client;
    }

    /// <summary>Tries until the server has taken the batch. The body is the same each time, so a lost answer costs duplicates only.</summary>
    /// <param name="failedOnce">told of every try that failed and may be made again</param>
    /// <returns>the answer's text; a body in which nothing was acceptable is an answer too: it names each event</returns>
    /// <exception cref="HttpRequestException">The server refused for good (401, 403, 404, ...), or the tries are used up; the message says which.</exception>
    public async Task<string> Post(byte[] body, Action<string> failedOnce, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            var (wait, problem, cause) = (BackOff(tries), "", (Exception?)null);
            try
            {
                using var content = new ByteArrayContent(body);
                content.Headers.ContentType = BatchType;
                using var response = await client.PostAsync(_endpoint, content, cancel);
                var text = await response.Content.ReadAsStringAsync(cancel);
                if (response.IsSuccessStatusCode || (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity && Results(text) is not null)) return text;
                problem = $"{(int)response.StatusCode} {response.ReasonPhrase}: {text[..Math.Min(text.Length, 300)]}".TrimEnd(' ', ':');
                if (!Passing(response.StatusCode)) throw new RefusedException($"{_endpoint} answered {problem}");
                wait = RetryAfter(response) ?? wait;
            }
            catch (Exception error) when (error is (HttpRequestException and not RefusedException) or IOException || (error is TaskCanceledException && !cancel.IsCancellationRequested))
            {
                (problem, cause) = (error.Message, error);
            }
            failedOnce(problem);
            if (tries >= maxTries) throw new RefusedException($"{_endpoint}: gave up after {tries} tries: {problem}", cause);
            await Task.Delay(wait, time, cancel);
        }
    }

    /// <summary>The answer's word on each event: its member <c>events</c>; null where there is none.</summary>
    public static JsonArray? Results(string answer)
    {
        try { return (JsonNode.Parse(answer) as JsonObject)?["events"] as JsonArray; }
        catch (JsonException) { return null; }
    }

    private static bool Passing(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)status >= 500;

    private static TimeSpan BackOff(int tries) =>
        TimeSpan.FromTicks(Math.Min(FirstBackOff.Ticks << Math.Min(tries - 1, 10), LongestBackOff.Ticks));

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return asked is { } wait ? TimeSpan.FromTicks(Math.Clamp(wait.Ticks, 0, TimeSpan.FromMinutes(5).Ticks)) : null;
    }

    /// <summary>Final: not to be tried again.</summary>
    private sealed class RefusedException(string message, Exception? inner = null) : HttpRequestException(message, inner);
}
