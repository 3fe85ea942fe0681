using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OpsMonitor.Web.Channels;
using Xunit;

namespace OpsMonitor.Tests.Web.Channels;

/// <summary>A real mail server on loopback: one mail a connection, with STARTTLS or without, which remembers every line it heard.</summary>
internal sealed class MailReceiver : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;
    private readonly bool _offersTls;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public MailReceiver(bool offersTls = true)
    {
        _offersTls = offersTls;
        using var key = RSA.Create(2048);
        using var made = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Print => Convert.ToHexString(SHA256.HashData(_certificate.RawData));

    /// <summary>Every line, with "tls " before those that came over TLS.</summary>
    public List<string> Lines { get; } = [];

    public List<string> Mails { get; } = [];

    /// <summary>What is answered at the end of data.</summary>
    public string AtEnd { get; set; } = "250 kept";

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await TalkAsync(client.GetStream());
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException or SocketException) { }
        }
    }

    private async Task TalkAsync(Stream stream)
    {
        var (reader, mark) = (new StreamReader(stream, Encoding.ASCII), "");
        async Task Say(string line) => await stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"), _stop.Token);
        await Say("220 here");
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            lock (Lines) Lines.Add(mark + line);
            switch (line.Split(' ')[0])
            {
                case "EHLO": await Say(_offersTls && mark.Length == 0 ? "250-localhost\r\n250 STARTTLS" : "250-localhost\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN"); break;
                case "STARTTLS" when _offersTls:
                    await Say("220 go on");
                    var secure = new SslStream(stream);
                    await secure.AuthenticateAsServerAsync(_certificate);
                    (stream, reader, mark) = (secure, new StreamReader(secure, Encoding.ASCII), "tls ");
                    break;
                case "AUTH": await Say("235 welcome"); break;
                case "MAIL" or "RCPT": await Say("250 yes"); break;
                case "DATA":
                    await Say("354 go on");
                    var mail = new StringBuilder();
                    while (await reader.ReadLineAsync(_stop.Token) is { } part && part != ".") mail.Append(part.StartsWith("..", StringComparison.Ordinal) ? part[1..] : part).Append('\n');
                    lock (Mails) Mails.Add(mail.ToString());
                    await Say(AtEnd);
                    break;
                case "QUIT": await Say("221 bye"); return;
                default: await Say("502 what"); break;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _listener.Dispose();
        _certificate.Dispose();
        _stop.Dispose();
    }
}

public sealed class MailTests
{
    private static CourierDesk Desk(MailReceiver server, string tls, bool trusted = true) => Desk(
        server, tls, (tls == "none" ? "" : ", user: ops") + (trusted && tls != "none" ? $", certificate_sha256: '{server.Print}'" : ""));

    private static CourierDesk Desk(MailReceiver server, string tls, string more) => new($$$"""
        base_url: https://ops.example.com
        allow: ["127.0.0.1"]
        channels:
        - {id: mail, kind: email, host: 127.0.0.1, port: {{{server.Port}}}, tls: {{{tls}}}, from: ops@example.com, timeout_s: 10{{{more}}} }
        contacts:
        - {id: li, name: 李华, language: zh-Hant, zone: Asia/Taipei, levels: [owner], addresses: {email: li@example.com}}
        - {id: root, name: Root, levels: [administrator], addresses: {email: root@example.com}}
        routes: {channels: [mail]}
        """);

    [Fact]
    public async Task A_mail_goes_over_TLS_with_a_password_in_the_recipient_s_language_and_the_key_is_its_id()
    {
        await using var server = new MailReceiver();
        await using var desk = Desk(server, "starttls");
        desk.Secrets.Keep("mail", "password", "p4ss wörd", 0);
        desk.Rows.Add(CourierDesk.Row(1, desk.Clock.NowMs));
        await desk.RunAsync();
        await desk.UntilAsync(() => desk.Table.Count("mail", LetterState.Sent) == 1);
        Assert.Equal(["EHLO opsmonitor", "STARTTLS", "tls EHLO opsmonitor"], server.Lines.Take(3));
        Assert.Equal($"tls AUTH PLAIN {Convert.ToBase64String(Encoding.UTF8.GetBytes("\0ops\0p4ss wörd"))}", server.Lines[3]);
        Assert.Equal(["tls MAIL FROM:<ops@example.com>", "tls RCPT TO:<li@example.com>", "tls DATA"], server.Lines.Skip(4).Take(3));
        var mail = Assert.Single(server.Mails);
        Assert.Contains($"Message-ID: <{CourierDesk.Row(1, 0).Alert}.owner.li@example.com>\n", mail, StringComparison.Ordinal);
        var text = Encoding.UTF8.GetString(Convert.FromBase64String(mail[(mail.IndexOf("\n\n", StringComparison.Ordinal) + 2)..].Replace("\n", "", StringComparison.Ordinal)));
        Assert.Contains("[P1] SLA", text, StringComparison.Ordinal);
        Assert.Contains("通知對象：", text, StringComparison.Ordinal);
        Assert.Contains("UTC+08", text, StringComparison.Ordinal);
        Assert.Contains("https://ops.example.com/a/BIL-1", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Neither_password_nor_mail_is_given_to_a_server_that_nobody_vouches_for_or_that_offers_no_TLS()
    {
        await using var stranger = new MailReceiver();
        await using var plain = new MailReceiver(offersTls: false);
        foreach (var (server, detail) in new[] { (stranger, "certificate refused"), (plain, "mail refused at STARTTLS: 502") })
        {
            await using var desk = Desk(server, "starttls", trusted: false);
            desk.Secrets.Keep("mail", "password", "secret", 0);
            await desk.RunAsync();
            var settings = desk.Store.Current().Settings;
            var (result, _) = await desk.Courier.TestAsync(settings, settings.Channels["mail"], "li", default);
            Assert.Equal(new SendResult(false, detail), result);
            Assert.DoesNotContain(server.Lines, l => l.Contains("AUTH", StringComparison.Ordinal) || l.Contains("MAIL", StringComparison.Ordinal));
            Assert.Empty(server.Mails);
        }
    }

    [Fact]
    public async Task What_a_server_puts_off_is_sent_again_with_the_same_id()
    {
        await using var server = new MailReceiver { AtEnd = "451 later" };
        await using var desk = Desk(server, "none");
        desk.Rows.Add(CourierDesk.Row(1, desk.Clock.NowMs));
        await desk.RunAsync();
        await desk.UntilAsync(() => server.Mails.Count == 2);
        server.AtEnd = "250 kept";
        await desk.UntilAsync(() => desk.Table.Count("mail", LetterState.Sent) == 1);
        Assert.Single(server.Mails.Distinct());
        Assert.True(server.Mails.Count >= 3);
    }

    [Fact]
    public async Task Who_has_many_at_once_gets_one_mail_of_them_all_and_who_has_few_a_mail_each()
    {
        await using var server = new MailReceiver();
        await using var desk = Desk(server, "none");
        for (var i = 0; i < 21; i++) desk.Rows.Add(CourierDesk.Row(i, desk.Clock.NowMs));
        await desk.RunAsync();
        await desk.UntilAsync(() => desk.Table.Count("mail", LetterState.Sent) == 21);
        Assert.Contains("Message-ID: <digest.", Assert.Single(server.Mails), StringComparison.Ordinal);
        for (var i = 30; i < 33; i++) desk.Rows.Add(CourierDesk.Row(i, desk.Clock.NowMs));
        await desk.UntilAsync(() => desk.Table.Count("mail", LetterState.Sent) == 24);
        Assert.Equal(4, server.Mails.Count);
    }
}
