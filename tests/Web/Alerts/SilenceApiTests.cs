using System.Text.Json;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Web.Board;
using Xunit;

namespace OpsMonitor.Tests.Web.Alerts;

/// <summary>Silencing over HTTP, on a real server with a journal and a mail channel that nobody listens at.</summary>
public sealed class SilenceApiTests : AlertServer
{
    protected override void Prepare(string folder) =>
        File.WriteAllText(Path.Combine(folder, "channels.yaml"), "base_url: https://o\nchannels:\n- {id: hook, kind: webhook, url: https://h.example/}\nroutes: {channels: [hook]}\n");

    [Fact]
    public async Task Silenced_it_is_raised_told_to_nobody_and_on_no_strip_and_all_of_that_survives_a_restart()
    {
        var (status, made) = await Post("/api/v1/silences", new { departments = new[] { "billing" }, minutes = 60, reason = "moving house", by = "陈" });
        var silence = made.GetProperty("silence");
        var id = silence.GetProperty("id").GetString()!;
        Assert.Equal((201, "open", "陈", "moving house"), (status, silence.GetProperty("state").GetString(), silence.GetProperty("by").GetString(), silence.GetProperty("reason").GetString()));
        var alert = await Raised("A-1");
        Assert.Equal((AlertState.Raised, Mute.Silenced, id, 0), (alert.State, alert.Care.Mute, alert.Care.MutedBy, alert.Care.Taken.All.Count));
        Assert.Equal((0, 1, (AlertView?)null), (Cell().Unacked, Cell().Quiet, Cell().Top));
        var page = (await Get($"/api/v1/alerts/{alert.Code}")).GetProperty("alert");
        Assert.Equal(("silenced", "silenced", id), (page.GetProperty("why").GetString(), page.GetProperty("mute").GetString(), page.GetProperty("muted_by").GetString()));
        for (var until = DateTime.UtcNow.AddSeconds(10); ; await Task.Delay(50))
        {
            var told = (await Get($"/api/v1/alerts/{alert.Code}/told")).GetProperty("decisions");
            if (told.GetArrayLength() == 0 && DateTime.UtcNow < until) continue;
            Assert.Equal(("silenced", false, "owner"), (told[0].GetProperty("why").GetString(), told[0].GetProperty("told").GetBoolean(), told[0].GetProperty("to").GetString()));
            break;
        }
        await Restart();
        Assert.Equal(alert, Host.Read(t => t.Alerts.Find(alert.Key)));
        var listed = (await Get("/api/v1/silences")).GetProperty("silences")[0];
        Assert.Equal((id, 1, "billing"), (listed.GetProperty("id").GetString(), listed.GetProperty("alerts").GetInt32(), listed.GetProperty("departments")[0].GetString()));
        Assert.Equal(200, (await Post($"/api/v1/silences/{id}/end", new { by = "Li" })).Status);
        Assert.Equal((1, 0), (Cell().Unacked, Cell().Quiet));
        Assert.Equal("owner", Host.Read(t => t.Alerts.Find(alert.Key))!.Care.Taken.All.Single().To);
        Assert.Equal((409, "silence_over"), ((await Post($"/api/v1/silences/{id}/end", new { })) is var again ? again.Status : 0, again.Body.GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("""{"reason":"x"}""", "/departments")]
    [InlineData("""{"departments":["billing"]}""", "/reason")]
    [InlineData("""{"reason":"x","lights":["green"]}""", "/lights")]
    [InlineData("""{"reason":"x","departments":"billing"}""", "/departments")]
    [InlineData("""{"reason":"x","departments":["billing"],"minutes":43201}""", "/minutes")]
    public async Task What_means_nothing_is_refused_with_its_place(string body, string pointer)
    {
        var (status, problem) = await Post("/api/v1/silences", JsonSerializer.Deserialize<JsonElement>(body));
        Assert.Equal((400, pointer), (status, problem.GetProperty("pointer").GetString()));
        Assert.Empty(Host.Read(t => t.Alerts.Silences.All));
    }

    [Fact]
    public async Task Only_a_key_that_may_act_silences_and_nobody_by_the_door_for_events()
    {
        Assert.Equal(403, (await Post("/api/v1/silences", new { departments = new[] { "billing" }, reason = "x" }, Sender)).Status);
        Assert.Equal(404, (await Post("/api/v1/silences/S-0/end", new { })).Status);
        foreach (var (type, subject, data) in new[] { ("silence.opened", "silence/S-9", $$"""{"by":"x","until":"{{Story.Iso(Host.Now + 60_000)}}","reason":"y","lights":["red"]}"""), ("source.alarm_raised", "source/x", $$"""{"rule":"source_silent","due_at":"{{Story.Iso(Host.Now)}}"}""") })
            Assert.Equal("scope_missing", await Forge($$"""{"specversion":"1.0","id":"1","source":"/pbx","type":"{{type}}","time":"{{Story.Iso(Host.Now)}}","subject":"{{subject}}","data":{{data}}}"""));
    }

    [Fact]
    public async Task Ten_at_once_are_a_flood_on_the_board_and_the_load_counts_them()
    {
        for (var i = 0; i < 10; i++) await Raised($"F-{i}");
        var flood = Cell().Flood!;
        Assert.Equal(("billing", true), (flood.Worst, flood.Count >= 10));
        var load = await Get("/api/v1/alerts/load?weeks=2&operators=2");
        var week = load.GetProperty("weeks")[0];
        Assert.Equal((2, true, flood.Count), (load.GetProperty("operators").GetInt32(), week.GetProperty("causes").GetArrayLength() > 0, week.GetProperty("alarms").GetInt32()));
        using var bad = await Client.GetAsync("/api/v1/alerts/load?weeks=0");
        Assert.Equal(400, (int)bad.StatusCode);
    }
}
