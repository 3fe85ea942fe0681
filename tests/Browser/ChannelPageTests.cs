using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Tests.Web.Channels;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Browser;

/// <summary>An administrator sets a channel up on the page: the file, its secret, and a test message that arrives.</summary>
public sealed class ChannelPageTests
{
    private static readonly PageWaitForFunctionOptions Soon = new() { PollingInterval = 20, Timeout = 15_000 };

    [Theory]
    [InlineData("en", "line 3", "secret missing: secret", "Delivered in")]
    [InlineData("zh-Hans", "第 3 行", "缺少密钥：secret", "已送达")]
    [InlineData("zh-Hant", "第 3 行", "缺少密鑰：secret", "已送達")]
    public async Task File_secret_and_test(string language, string line, string missing, string delivered)
    {
        var heard = 0;
        await using var receiver = await HttpReceiver.StartAsync(_ => { Interlocked.Increment(ref heard); return Task.CompletedTask; });
        await using var chromium = await Chromium.LaunchAsync();
        using var folder = new TemporaryFolder();
        var admin = ApiKeyStore.OpenOrCreate(folder.Path, out _).Add("anna", KeyScope.Admin | KeyScope.Read, null);
        await using var app = Server.Build(new ServeOptions(folder.Path, "http://127.0.0.1:0"), static _ => { });
        await app.StartAsync();
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var said = new List<string>();
        var page = await chromium.OpenAsync($"{url}/channels?lang={language}", 1366, 900, said);
        await page.FillAsync("#key", admin);
        await page.ClickAsync("#load");
        await page.WaitForFunctionAsync("() => !document.getElementById('save').disabled", null, Soon);

        await page.FillAsync("#text", "base_url: https://ops.example.com\nchannels:\n- {id: hook, kind: smoke}\n");
        await page.ClickAsync("#save");
        await Says(page, "said", line);
        said.Clear(); // the browser itself complains of a refused text
        await page.FillAsync("#text", $"base_url: https://ops.example.com\nallow: ['127.0.0.1']\nchannels:\n- {{id: hook, kind: webhook, url: '{receiver.Url}'}}\nroutes: {{channels: [hook]}}\n");
        await page.ClickAsync("#save");
        await Says(page, "channels", missing);
        await page.SelectOptionAsync("#of", "hook");
        await page.SelectOptionAsync("#slot", "secret");
        await page.FillAsync("#value", CourierDesk.Secret);
        await page.ClickAsync("#secrets button");
        await page.WaitForFunctionAsync("missing => !document.getElementById('channels').textContent.includes(missing)", missing, Soon);
        Assert.Equal("", await page.InputValueAsync("#value"));
        await page.ClickAsync("#channels button");
        await Says(page, "said", delivered);
        Assert.Equal(1, heard);
        Assert.DoesNotContain("channels.", await page.InnerTextAsync("#channels"), StringComparison.Ordinal); // a word that is missing shows its key
        Assert.Empty(said);
        await app.StopAsync();
    }

    private static Task Says(IPage page, string id, string text) =>
        page.WaitForFunctionAsync("([id, text]) => document.getElementById(id).textContent.includes(text)", new[] { id, text }, Soon);
}
