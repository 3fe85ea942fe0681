using System.Text.Json;
using System.Text.Json.Serialization;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using Xunit;

namespace OpsMonitor.Tests.Grains.Alerts;

/// <summary>An alert as one node tells it to another: plain JSON of the record.</summary>
public sealed class AlertWireTests
{
    private static readonly JsonSerializerOptions Wire = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    [Fact]
    public void What_is_heard_equals_what_was_told()
    {
        var story = Story.Of().At("09:00:00", "ticket/T-1", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1)).Tick("09:36:00");
        var id = story.Alert("clock_breach", "first_response")!.Key.Id;
        story.At("09:40:00", "ticket/T-1", new AlertAcknowledged(id, "Chen", Note: "calling")).Tick("12:00:00");
        Assert.NotEmpty(story.Shard.Alerts.All);
        foreach (var alert in story.Shard.Alerts.All.Select(a => a with { Due = a.Due with { Ladder = new([new("quality", 60_000)]) } }))
            Assert.Equal(alert, JsonSerializer.Deserialize<Alert>(JsonSerializer.SerializeToUtf8Bytes(alert, Wire), Wire));
    }

    [Fact]
    public void A_version_from_before_ladders_is_understood()
    {
        var old = JsonSerializer.Deserialize<Alert>("""{"Due":{"Subject":{"Kind":1,"Id":"T-1"},"Rule":"clock_breach","RuleVersion":1,"Clock":"x","Level":1,"DueAt":5,"RaisedAt":5,"Active":true},"Code":"ALL-1","NoticedAt":7,"State":0,"ChangedAt":7,"FromLateData":false}""", Wire)!;
        Assert.Equal((7L, Hold.Open, 0), (old.Since, old.Care.Hold, old.Care.Taken.All.Count));
    }
}
