using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;

namespace OpsMonitor.Web.Channels;

/// <summary>Sends requests of channels: by guarded connections, without redirects, proxies, cookies or anything remembered.</summary>
internal sealed class HttpSender : IDisposable
{
    private const int MostAnswerBytes = 16 * 1024;

    private readonly HttpMessageInvoker _http;

    public HttpSender(GuardedDialer dialer) => _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseProxy = false, UseCookies = false, ActivityHeadersPropagator = null, MaxResponseHeadersLength = 16,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1), // an address that is refused by now is not used for long
        ConnectCallback = (context, stop) => dialer.DialAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, stop),
    });

    /// <summary>Never throws for what a network or receiver does; only where <paramref name="stop"/> says so.</summary>
    public async Task<SendResult> SendAsync(HttpCall call, Func<int, ReadOnlyMemory<byte>, SendResult> read, int timeoutMs, DateTimeOffset now, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(timeoutMs);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, call.Url) { Content = new ByteArrayContent(call.Body) };
            request.Content.Headers.ContentType = new("application/json") { CharSet = "utf-8" };
            request.Headers.UserAgent.Add(new("OpsMonitor", null));
            foreach (var (name, value) in call.Headers) request.Headers.Add(name, value);
            using var answer = await _http.SendAsync(request, limit.Token);
            var result = read((int)answer.StatusCode, await BodyAsync(answer, limit.Token));
            return result.Delivered ? result : result with { RetryAfterMs = Longer(result.RetryAfterMs, RetryAfter(answer.Headers.RetryAfter, now)) };
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { throw; }
        catch (OperationCanceledException) { return new(false, "no answer in time"); }
        catch (HttpRequestException e) { return new(false, Named(e)); }
        catch (AddressRefusedException) { return new(false, "address refused"); }
        catch (IOException) { return new(false, "connection lost"); }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>In ms, from either form of the header; null where there is none, or it lies in the past.</summary>
    internal static long? RetryAfter(RetryConditionHeaderValue? header, DateTimeOffset now)
    {
        var wait = header?.Delta ?? (header?.Date is { } date ? date - now : null);
        return wait is { } w && w > TimeSpan.Zero ? (long)Math.Min(w.TotalMilliseconds, TimeSpan.FromDays(1).TotalMilliseconds) : null;
    }

    private static long? Longer(long? a, long? b) => a is null || b > a ? b : a;

    private static async Task<ReadOnlyMemory<byte>> BodyAsync(HttpResponseMessage answer, CancellationToken stop)
    {
        var bytes = new byte[MostAnswerBytes];
        await using var stream = await answer.Content.ReadAsStreamAsync(stop);
        var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, stop);
        return bytes.AsMemory(0, length);
    }

    // What the exception says in words may hold the address, which may be a secret.
    private static string Named(HttpRequestException e) => e.InnerException switch
    {
        AddressRefusedException => "address refused",
        AuthenticationException => "certificate refused",
        SocketException socket => string.Create(CultureInfo.InvariantCulture, $"no connection ({socket.SocketErrorCode})"),
        _ => string.Create(CultureInfo.InvariantCulture, $"no answer ({e.HttpRequestError})"),
    };
}
