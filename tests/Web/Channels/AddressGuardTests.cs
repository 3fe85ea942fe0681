using System.Net;
using NodaTime;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Channels;
using Xunit;

namespace OpsMonitor.Tests.Web.Channels;

/// <summary>No setting makes this server a way into its own network.</summary>
public sealed class AddressGuardTests
{
    private static readonly string[] Inside =
    [
        "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.255.255.254", "0.0.0.0", "0", "10.0.0.1", "10.255.255.255", "172.16.0.1",
        "172.31.255.255", "192.168.0.1", "192.168.1.254", "169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "169.254.170.2", "100.64.0.1", "100.100.100.200", "100.127.255.255",
        "192.0.0.1", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
        "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[::ffff:0:127.0.0.1]", "[::127.0.0.1]", "[::7f00:1]",
        "[2002:7f00:1::]", "[2002:7f00:0001::1]", "[2002:a00:1::]", "[2002:a9fe:a9fe::]", "[2002:c0a8:101::]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a00:1]",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "[2001::1]", "[2001:db8::1]", "[2001:10::1]", "[2001:20::1]", "[100::1]", "[fe80::1]", "[fe80::a9fe:a9fe]", "[febf::1]", "[fec0::1]", "[fc00::1]", "[fd00::1]",
        "[fd00:ec2::254]", "[fd20:ce::254]", "[ff02::1]", "[ff05::2]", "[3fff::1]", "[5f00::1]", "[::ffff:192.168.0.1]", "[::ffff:100.64.0.1]", "[4000::1]", "[0::ffff:0a00:0001]",
    ];

    private static readonly string[] Names =
    [
        "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost", "metadata.google.internal", "metadata", "instance-data", "kubernetes.default.svc", "127.0.0.1.nip.io", "10.0.0.1.sslip.io",
        "localtest.me", "lvh.me", "spoofed.burpcollaborator.net", "intranet", "router.local", "db.corp", "xn--lclhst-xxa.example", "①②⑦.⓪.⓪.①", "１２７.０.０.１", "169。254。169。254", "example.com.internal", "a.b.c.d.e.f.example",
    ];

    public static IEnumerable<string> HostileUrls()
    {
        foreach (var host in Inside) yield return $"https://{host}/hook";
        foreach (var name in Names) yield return $"https://{name}/hook";
        foreach (var host in Inside.Take(38).Where((_, i) => i % 2 == 0)) yield return $"https://{host}:8443/latest/meta-data/";
        foreach (var host in Inside.Skip(38).Where((_, i) => i % 2 == 0)) yield return $"http://{host}:80/";
        foreach (var name in Names) yield return $"https://hooks.example.com@{name}/";
        foreach (var host in Inside.Take(20)) yield return $"https://good:word@{host}/";
        foreach (var scheme in (string[])["file:///etc/passwd", "gopher://127.0.0.1:25/_HELO", "dict://127.0.0.1:11211/stat", "ftp://10.0.0.1/", "ldap://127.0.0.1/", "unix:///var/run/docker.sock", "javascript:alert(1)", "//127.0.0.1/x", "https:///127.0.0.1", "https://127.0.0.1#@example.com/", "https://127.0.0.1\\@example.com/", "https://[::1", "https://127.0.0.1%00.example.com/", "https://127.0.0.1\t.example.com/", "jar:https://127.0.0.1!/"]) yield return scheme;
    }

    [Fact]
    public async Task Two_hundred_hostile_addresses_lead_to_no_connection_at_all()
    {
        var urls = HostileUrls().ToList();
        Assert.True(urls.Count >= 200, $"{urls.Count}");
        var connected = new List<IPEndPoint>();
        // The worst of name servers: every name is inside, and has a public face as well.
        var dialer = new GuardedDialer(() => AllowList.Nothing, (_, _) => Task.FromResult(new[] { IPAddress.Parse("93.184.215.14"), IPAddress.Parse("10.0.0.1") }), (to, _) => { connected.Add(to); throw new IOException(); });
        using var http = new HttpSender(dialer);
        foreach (var text in urls)
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out var url)) continue;
            if (url.Scheme is "https" or "http") // past the check of the settings, so that the guard itself is asked
            {
                var result = await http.SendAsync(new(url, [], []), static (_, _) => new(true, "http 200"), 5_000, DateTimeOffset.UnixEpoch, default);
                Assert.False(result.Delivered, text);
                try { (await dialer.DialAsync(url.IdnHost, url.Port, default)).Dispose(); Assert.Fail(text); }
                catch (Exception e) when (e is IOException or ArgumentException) { }
            }
            else Assert.False(ChannelReader.IsAddress(url, AllowList.Nothing), text);
        }
        Assert.Empty(connected);
    }

    [Theory]
    [InlineData("93.184.215.14", true)]
    [InlineData("8.8.8.8", true)]
    [InlineData("172.32.0.1", true)]
    [InlineData("100.128.0.1", true)]
    [InlineData("2606:4700:4700::1111", true)]
    [InlineData("2400:3200::1", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("fe80::1%3", false)]
    [InlineData("::", false)]
    public void What_is_public_is_let_through(string address, bool isPublic) => Assert.Equal(isPublic, AddressGuard.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public async Task A_name_that_changes_between_looking_and_connecting_leads_to_what_was_looked_at()
    {
        var (asked, connected) = (0, new List<IPEndPoint>());
        var dialer = new GuardedDialer(
            () => AllowList.Nothing, (_, _) => Task.FromResult(new[] { IPAddress.Parse(asked++ == 0 ? "93.184.215.14" : "127.0.0.1") }), (to, _) => { connected.Add(to); return new(Stream.Null); });
        await dialer.DialAsync("rebind.example", 443, default);
        Assert.Equal("93.184.215.14", Assert.Single(connected).Address.ToString());
        await Assert.ThrowsAsync<AddressRefusedException>(async () => await dialer.DialAsync("rebind.example", 443, default));
        Assert.Single(connected);
    }

    [Fact]
    public async Task The_allow_list_lets_through_what_it_names_and_nothing_beside_it()
    {
        var list = AllowList.Parse(["127.0.0.1:8025", "10.1.0.0/16", "smtp.corp.example:25", "[fd00::7]:443"])!;
        Assert.True(list.Has(IPAddress.Parse("127.0.0.1"), 8025) && list.Has(IPAddress.Parse("::ffff:10.1.2.3"), 9) && list.HasName("SMTP.corp.example", 25) && list.Has(IPAddress.Parse("fd00::7"), 443));
        Assert.False(list.Has(IPAddress.Parse("127.0.0.1"), 8026) || list.Has(IPAddress.Parse("10.2.0.1"), 9) || list.HasName("smtp.corp.example", 26) || list.HasName("x.smtp.corp.example", 25));
        Assert.Null(AllowList.Parse(["https://x/"]));
        Assert.Null(AllowList.Parse(["host:0"]));
        var connected = new List<IPEndPoint>();
        var dialer = new GuardedDialer(() => list, (_, _) => Task.FromResult(new[] { IPAddress.Parse("10.9.9.9") }), (to, _) => { connected.Add(to); return new(Stream.Null); });
        await dialer.DialAsync("smtp.corp.example", 25, default);
        await Assert.ThrowsAsync<AddressRefusedException>(async () => await dialer.DialAsync("db.corp.example", 25, default));
        Assert.Single(connected);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var receiver = await HttpReceiver.StartAsync(static async context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = "http://169.254.169.254/latest/meta-data/";
            await context.Response.CompleteAsync();
        });
        var (connected, list) = (new List<string>(), AllowList.Parse([$"127.0.0.1:{receiver.Url.Port}"])!);
        using var http = new HttpSender(new GuardedDialer(() => list, (name, _) => { connected.Add(name); return Task.FromResult(Array.Empty<IPAddress>()); }));
        var result = await http.SendAsync(new(receiver.Url, "{}"u8.ToArray(), []), ChannelKinds.ByName["webhook"].Read!, 5_000, DateTimeOffset.UnixEpoch, default);
        Assert.Equal(new SendResult(false, "http 307"), result);
        Assert.Empty(connected);
    }
}
