using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;

namespace OpsMonitor.Web.Channels;

/// <summary>The mail server's answer was not the one that was needed.</summary>
internal sealed class MailRefusedException(string at, int code) : IOException
{
    public override string Message => string.Create(CultureInfo.InvariantCulture, $"mail refused at {at}: {code}");
}

/// <summary>
/// Hands one mail to one server (RFC 5321), one connection a mail. Own and small, because the framework's client knows neither TLS from the start
/// nor a connection that somebody else made: by it the guard could not be kept.
/// </summary>
internal sealed class MailSender(GuardedDialer dialer)
{
    private const int MostLine = 1_000, MostLines = 100;

    /// <summary>Never throws for what a network or server does; only where <paramref name="stop"/> says so.</summary>
    public async Task<SendResult> SendAsync(MailServer server, string? password, string to, byte[] mail, int timeoutMs, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(timeoutMs);
        try
        {
            await TalkAsync(server, password, to, mail, limit.Token);
            return new(true, "mail accepted");
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { throw; }
        catch (OperationCanceledException) { return new(false, "no answer in time"); }
        catch (AddressRefusedException) { return new(false, "address refused"); }
        catch (MailRefusedException e) { return new(false, e.Message); }
        catch (AuthenticationException) { return new(false, "certificate refused"); }
        catch (SocketException e) { return new(false, string.Create(CultureInfo.InvariantCulture, $"no connection ({e.SocketErrorCode})")); }
        catch (IOException) { return new(false, "connection lost"); }
    }

    private async Task TalkAsync(MailServer server, string? password, string to, byte[] mail, CancellationToken stop)
    {
        var stream = await dialer.DialAsync(server.Host, server.Port, stop);
        try
        {
            if (server.Tls == MailTls.Implicit) stream = await SecureAsync(stream, server, stop);
            await ExpectAsync(stream, "greeting", 220, stop);
            var can = await AskAsync(stream, "EHLO opsmonitor", "EHLO", 250, stop);
            if (server.Tls == MailTls.StartTls)
            {
                // Never without, whatever the server offers: who sits between would take the offer away.
                await AskAsync(stream, "STARTTLS", "STARTTLS", 220, stop);
                stream = await SecureAsync(stream, server, stop);
                can = await AskAsync(stream, "EHLO opsmonitor", "EHLO", 250, stop);
            }
            if (server.User is { } user) await LogInAsync(stream, user, password ?? "", can, stop);
            await AskAsync(stream, $"MAIL FROM:<{server.From}>", "MAIL", 250, stop);
            await AskAsync(stream, $"RCPT TO:<{to}>", "RCPT", 250, stop);
            await AskAsync(stream, "DATA", "DATA", 354, stop);
            await stream.WriteAsync(Stuffed(mail), stop);
            await ExpectAsync(stream, "end of data", 250, stop);
            // It is theirs now: what goes wrong from here on changes nothing.
            try { await stream.WriteAsync("QUIT\r\n"u8.ToArray(), stop); }
            catch (IOException) { }
        }
        finally { await stream.DisposeAsync(); }
    }

    private static async Task<Stream> SecureAsync(Stream stream, MailServer server, CancellationToken stop)
    {
        var secure = new SslStream(stream, leaveInnerStreamOpen: false);
        await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = server.Host,
            RemoteCertificateValidationCallback = (_, certificate, _, errors) => server.CertificateSha256 is { } print
                ? certificate is not null && string.Equals(Convert.ToHexString(SHA256.HashData(certificate.GetRawCertData())), print, StringComparison.OrdinalIgnoreCase)
                : errors == SslPolicyErrors.None,
        }, stop);
        return secure;
    }

    private static async Task LogInAsync(Stream stream, string user, string password, string can, CancellationToken stop)
    {
        if (can.Split('\n').Any(static l => l.StartsWith("AUTH ", StringComparison.OrdinalIgnoreCase) && l.Split(' ').Contains("PLAIN", StringComparer.OrdinalIgnoreCase)))
        {
            await AskAsync(stream, "AUTH PLAIN " + Base64($"\0{user}\0{password}"), "AUTH", 235, stop);
            return;
        }
        await AskAsync(stream, "AUTH LOGIN", "AUTH", 334, stop);
        await AskAsync(stream, Base64(user), "AUTH", 334, stop);
        await AskAsync(stream, Base64(password), "AUTH", 235, stop);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static async Task<string> AskAsync(Stream stream, string line, string at, int code, CancellationToken stop)
    {
        if (line.AsSpan().ContainsAny('\r', '\n')) throw new FormatException("a line of mail holds one line");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"), stop);
        return await ExpectAsync(stream, at, code, stop);
    }

    /// <returns>the text of the answer, a line each</returns>
    private static async Task<string> ExpectAsync(Stream stream, string at, int code, CancellationToken stop)
    {
        var text = new StringBuilder();
        for (var lines = 0; lines < MostLines; lines++)
        {
            var line = await LineAsync(stream, stop);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var said)) throw new MailRefusedException(at, 0);
            if (line.Length > 4) text.Append(line.AsSpan(4)).Append('\n');
            if (line.Length > 3 && line[3] == '-') continue;
            return said == code ? text.ToString() : throw new MailRefusedException(at, said);
        }
        throw new MailRefusedException(at, 0);
    }

    // Byte by byte, so that nothing of what comes after STARTTLS is taken from before it.
    private static async Task<string> LineAsync(Stream stream, CancellationToken stop)
    {
        var (line, one) = (new StringBuilder(), new byte[1]);
        while (line.Length <= MostLine)
        {
            if (await stream.ReadAsync(one, stop) == 0) throw new IOException("closed");
            if (one[0] == '\n') return line.ToString().TrimEnd('\r');
            line.Append((char)one[0]);
        }
        throw new IOException("line too long");
    }

    // A line that begins with a dot gets another; then the dot that ends it.
    private static byte[] Stuffed(byte[] mail)
    {
        var text = Encoding.ASCII.GetString(mail).Replace("\r\n.", "\r\n..", StringComparison.Ordinal);
        return Encoding.ASCII.GetBytes((text.EndsWith("\r\n", StringComparison.Ordinal) ? text : text + "\r\n") + ".\r\n");
    }
}
