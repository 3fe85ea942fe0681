using System.Text.Json;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Web.Board;
using Xunit;

namespace OpsMonitor.Tests.Web.Alerts;

/// <summary>Taking an alert over HTTP, on a real server with a journal.</summary>
public sealed class AlertActTests : AlertServer
{
    private Task<(int Status, JsonElement Body)> Do(string code, string what, object body, string? key = null) => Post($"/api/v1/alerts/{code}/{what}", body, key);

    [Fact]
    public async Task Who_takes_it_has_it_on_every_wall_and_after_a_restart()
    {
        var alert = await Raised("A-1");
        Assert.Equal((1, 0, "open"), (Cell().Unacked, Cell().Acked, Cell().Top!.Hold));
        var (status, body) = await Do(alert.Code.ToLowerInvariant(), "acknowledge", new { by = "陈", minutes = 60, note = "calling now" });
        Assert.Equal((200, "acknowledged", "陈", "calling now"), (status, body.GetProperty("alert").GetProperty("hold").GetString(), body.GetProperty("alert").GetProperty("by").GetString(), body.GetProperty("alert").GetProperty("note").GetString()));
        Assert.Equal(JsonValueKind.Null, body.GetProperty("ladder").GetProperty("next").ValueKind);
        Assert.InRange(body.GetProperty("alert").GetProperty("until").GetInt64() - Host.Now, 59 * 60_000, 60 * 60_000);
        Assert.Equal((0, 1, "acknowledged"), (Cell().Unacked, Cell().Acked, Cell().Top!.Hold));
        var before = Host.Read(t => t.Alerts.All.Single(a => a.Code == alert.Code));
        Assert.Contains(await Host.HistoryAsync(alert.Due.Subject, default) ?? [], e => e.Data is AlertAcknowledged { By: "陈" });
        await Restart();
        Assert.Equal(before, Host.Read(t => t.Alerts.All.Single(a => a.Code == alert.Code)));
    }

    [Fact]
    public async Task Of_many_at_once_one_gets_it_and_the_others_are_told_who()
    {
        var alert = await Raised("A-1");
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Do(alert.Code, "acknowledge", new { by = $"person {i}" })));
        var won = Assert.Single(answers, a => a.Status == 200).Body.GetProperty("alert").GetProperty("by").GetString();
        var lost = answers.Where(a => a.Status != 200).ToList();
        Assert.Equal(11, lost.Count);
        Assert.All(lost, a => Assert.Equal((409, "alert_held", won), (a.Status, a.Body.GetProperty("code").GetString(), a.Body.GetProperty("alert").GetProperty("by").GetString())));
        Assert.Equal(200, (await Do(alert.Code, "release", new { by = "supervisor" })).Status);
        Assert.Equal(200, (await Do(alert.Code, "shelve", new { by = "person 99", minutes = 120, reason = "known flood" })).Status);
        Assert.Equal((0, 0, 1, (AlertView?)null), (Cell().Unacked, Cell().Acked, Cell().Shelved, Cell().Top));
    }

    [Fact]
    public async Task Only_a_key_that_may_act_acts_and_nobody_by_the_door_for_events()
    {
        var alert = await Raised("A-1");
        Assert.Equal(401, (await Do(alert.Code, "acknowledge", new { }, key: "")).Status);
        Assert.Equal(403, (await Do(alert.Code, "acknowledge", new { }, Sender)).Status);
        var forged = $$"""{"specversion":"1.0","id":"1","source":"/pbx","type":"alert.acknowledged","time":"{{Story.Iso(Host.Now)}}","subject":"ticket/A-1","data":{"alert":"{{alert.Key.Id}}","by":"the boss"} }""";
        Assert.Equal("scope_missing", await Forge(forged));
        Assert.Equal(Hold.Open, Host.Read(t => t.Alerts.Find(alert.Key))!.Care.Hold);
        Assert.Equal("desk 4", (await Do(alert.Code, "acknowledge", new { })).Body.GetProperty("alert").GetProperty("by").GetString());
    }

    [Theory]
    [InlineData("shelve", """{"by":"Li"}""", "/reason")]
    [InlineData("acknowledge", """{"minutes":0}""", "/minutes")]
    [InlineData("acknowledge", """{"minutes":1441}""", "/minutes")]
    [InlineData("acknowledge", """{"by":"  "}""", "/by")]
    [InlineData("acknowledge", """{"by":7}""", "/by")]
    public async Task What_means_nothing_is_refused_with_its_place(string what, string body, string pointer)
    {
        var (status, problem) = await Do("BIL-000000", what, JsonSerializer.Deserialize<JsonElement>(body));
        Assert.Equal((400, "bad_field", pointer), (status, problem.GetProperty("code").GetString(), problem.GetProperty("pointer").GetString()));
        var (gone, none) = await Do("BIL-000000", "release", new { });
        Assert.Equal((404, "no_such_alert"), (gone, none.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task The_page_and_what_it_reads_say_who_is_next()
    {
        var alert = await Raised("A-1");
        var one = await Get($"/api/v1/alerts/{alert.Code}");
        Assert.Equal("supervisor", one.GetProperty("ladder").GetProperty("next").GetProperty("to").GetString());
        Assert.Equal("owner", one.GetProperty("ladder").GetProperty("taken")[0].GetProperty("to").GetString());
        Assert.InRange(one.GetProperty("ladder").GetProperty("next").GetProperty("at").GetInt64() - one.GetProperty("now").GetInt64(), 4 * 60_000, 5 * 60_000);
        Assert.Contains("alert.js", await Client.GetStringAsync($"/a/{alert.Code}"), StringComparison.Ordinal);
        Assert.Contains("alarms.js", await Client.GetStringAsync("/alarms"), StringComparison.Ordinal);
        using var none = await Client.GetAsync("/api/v1/alerts/BIL-000000");
        Assert.Equal(404, (int)none.StatusCode);
    }
}
