using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Web.Duty;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Duty;

/// <summary>Who is on duty, over HTTP and as a calendar file.</summary>
public sealed class DutyTests : IDisposable
{
    internal const string Yaml = """
        base_url: https://ops.example.com
        contacts:
        - {id: li, name: "李华 <b>", levels: [owner]}
        - {id: wang, name: Wang, levels: [owner]}
        rotas:
        - id: nights
          name: "Nights; weekdays, all"
          zone: Asia/Shanghai
          levels: [owner, supervisor]
          departments: [billing]
          from: 2026-03-02
          shifts:
          - {days: [mon, tue, wed, thu, fri, sat, sun], from: "18:00", to: "09:00", people: [li, wang]}
          overrides:
          - {from: 2026-03-03T18:00, to: 2026-03-04T09:00, person: wang, reason: "swap, agreed"}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Now_next_and_the_plan_at_any_asked_time_and_the_file()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "channels.yaml"), Yaml);
        await using var app = Server.Build(new ServeOptions(_folder, "http://127.0.0.1:0"), static _ => { });
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()), Timeout = TimeSpan.FromSeconds(20) };
        using var answer = JsonDocument.Parse(await client.GetStringAsync(new Uri("/api/v1/duty?at=2026-03-02T20:00:00%2B08:00", UriKind.Relative)));
        var rota = answer.RootElement.GetProperty("rotas").EnumerateArray().Single();
        Assert.Equal(("nights", "li", "李华 <b>", false), (rota.GetProperty("id").GetString(), rota.GetProperty("on_duty").GetProperty("person").GetString(), rota.GetProperty("on_duty").GetProperty("name").GetString(), rota.GetProperty("on_duty").GetProperty("stands_in").GetBoolean()));
        Assert.Equal(("wang", true, "swap, agreed"), (rota.GetProperty("next").GetProperty("person").GetString(), rota.GetProperty("next").GetProperty("stands_in").GetBoolean(), rota.GetProperty("next").GetProperty("reason").GetString()));
        using var noon = JsonDocument.Parse(await client.GetStringAsync(new Uri("/api/v1/duty?at=2026-03-02T12:00:00%2B08:00", UriKind.Relative)));
        Assert.Equal(JsonValueKind.Null, noon.RootElement.GetProperty("rotas")[0].GetProperty("on_duty").ValueKind);
        using var bad = await client.GetAsync(new Uri("/api/v1/duty?at=noon", UriKind.Relative));
        using var none = await client.GetAsync(new Uri("/api/v1/duty/days/plan.ics", UriKind.Relative));
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.NotFound), (bad.StatusCode, none.StatusCode));
        using var file = await client.GetAsync(new Uri("/api/v1/duty/nights/plan.ics?weeks=2", UriKind.Relative));
        Assert.Equal(("text/calendar", "nights.ics"), (file.Content.Headers.ContentType!.MediaType, file.Content.Headers.ContentDisposition!.FileName!.Trim('"')));
        Assert.Contains("BEGIN:VEVENT", await file.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await app.StopAsync();
    }

    [Fact]
    public void A_calendar_file_is_folded_at_75_octets_escaped_and_always_names_a_stretch_alike()
    {
        var plan = new Rota("r", DateTimeZone.Utc, new(2026, 3, 2), [], []);
        OnDuty[] duties = [new("li", 1_772_000_000_000, 1_772_003_600_000, true, "a, b; c\\d\nBEGIN:VEVENT"), new("x", 1_772_003_600_000, 1_772_007_200_000, false, null)];
        var text = IcsPlan.Write(new(plan, "夜间值班，全部；每周轮换，各部门均适用，含法定节假日与调休", [], []), duties, p => p == "li" ? "李华，客户服务中心夜间值班主管" : p, 1_772_000_000_000);
        Assert.All(text.Split("\r\n"), line => Assert.True(Encoding.UTF8.GetByteCount(line) <= 75, line));
        Assert.DoesNotContain('\n', text.Replace("\r\n", "", StringComparison.Ordinal));
        var whole = text.Replace("\r\n ", "", StringComparison.Ordinal).Split("\r\n");
        Assert.Contains(@"DESCRIPTION:a\, b\; c\\d\nBEGIN:VEVENT", whole);
        Assert.Equal(2, whole.Count(l => l == "BEGIN:VEVENT"));
        Assert.Contains("DTSTART:20260225T061320Z", whole);
        Assert.Contains("UID:r-1772000000000@opsmonitor", whole);
        Assert.Contains("SUMMARY:夜间值班，全部；每周轮换，各部门均适用，含法定节假日与调休: 李华，客户服务中心夜间值班主管", whole);
    }
}
