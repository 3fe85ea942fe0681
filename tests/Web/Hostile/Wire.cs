using System.Buffers.Text;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace OpsMonitor.Tests.Web.Hostile;

internal sealed record WireAnswer(int Status, string Head, string Body)
{
    /// <summary>The server's own reader of HTTP refused it; no code of ours has seen it.</summary>
    public bool BeforeUs => Body.Length == 0 && Status is 400 or 408 or 411 or 413 or 414 or 431 && Head.Contains("Connection: close", StringComparison.OrdinalIgnoreCase);
}

/// <summary>A client that sends what it is told, right or wrong, on a connection that it keeps while it can.</summary>
internal sealed class Wire(Uri root) : IDisposable
{
    private TcpClient? _client;
    private readonly byte[] _buffer = new byte[4 << 20];

    /// <returns>null where the connection ended without an answer</returns>
    public async Task<WireAnswer?> SendAsync(Mutation request, CancellationToken stop)
    {
        var kept = _client is not null;
        var answer = await Once(request, stop);
        // The server may have let go of a kept connection, after a body that nobody wanted to read: then it has not seen this request.
        return answer is null && kept && request.Answered ? await Once(request, stop) : answer;
    }

    private async Task<WireAnswer?> Once(Mutation request, CancellationToken stop)
    {
        if (_client is { Connected: false }) Close(); // cut off while the answer before was read
        if (_client is null)
        {
            _client = new() { NoDelay = true };
            await _client.ConnectAsync(root.Host, root.Port, stop);
        }
        var (stream, whole) = (_client.GetStream(), true);
        try
        {
            await stream.WriteAsync(request.Wire, stop);
            if (!request.Answered) _client.Client.Shutdown(SocketShutdown.Send);
        }
        catch (IOException) { whole = false; } // refused before it was all sent; the answer may be there already
        var answer = await Read(stream, request.IsHead, stop);
        if (answer is null || !whole || !request.Answered || answer.Head.Contains("Connection: close", StringComparison.OrdinalIgnoreCase)) Close();
        return answer;
    }

    public void Dispose() => Close();

    private void Close()
    {
        _client?.Dispose();
        _client = null;
    }

    private async Task<WireAnswer?> Read(NetworkStream stream, bool head, CancellationToken stop)
    {
        var (length, from) = (0, 0);
        while (true)
        {
            var end = _buffer.AsSpan(from, length - from).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                var text = Encoding.ASCII.GetString(_buffer, from, end);
                var status = int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture);
                if (status == 100) { from += end + 4; continue; }
                var body = from + end + 4;
                var whole = head || status is 101 or 204 or 304 ? 0 : LengthOf(text);
                while (whole >= 0 ? length < body + whole : !_buffer.AsSpan(body, length - body).EndsWith("0\r\n\r\n"u8))
                    if (!await More()) break;
                return new(status, text, Encoding.UTF8.GetString(_buffer, body, whole >= 0 ? Math.Min(whole, length - body) : length - body));
            }
            if (!await More()) return null;
        }

        async Task<bool> More()
        {
            try
            {
                var read = await stream.ReadAsync(_buffer.AsMemory(length), stop);
                length += read;
                return read > 0;
            }
            catch (IOException) { return false; }
        }
    }

    /// <returns>-1 for a body in chunks</returns>
    private static int LengthOf(string head)
    {
        const string name = "\r\nContent-Length: ";
        var at = head.IndexOf(name, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? -1 : Utf8Parser.TryParse(Encoding.ASCII.GetBytes(head[(at + name.Length)..]), out int length, out _) ? length : -1;
    }
}
