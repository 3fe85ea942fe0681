using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using Xunit;

namespace OpsMonitor.Tests.Grains.Alerts;

public sealed class FloodAndLoadTests
{
    private const long Minute = 60_000, Day = 86_400_000, Week = 7 * Day;

    private static Alert Of(int n, long at, string department = "billing", AlertLevel level = AlertLevel.Red, string rule = "clock_breach", AlertState state = AlertState.Raised, long? over = null, long late = 0) =>
        new(new(Subject.Parse($"ticket/T-{n}"), rule, 1, "x", level, department, at - late, at - late, true), $"C-{n}", at, state, over ?? at);

    [Fact]
    public void Ten_in_ten_minutes_are_a_flood_with_its_worst_department_and_it_ends_when_they_are_old_or_quiet()
    {
        var alerts = Enumerable.Range(0, 10).Select(i => Of(i, i * Minute, i < 3 ? "returns" : "billing")).ToList();
        Assert.Equal(new Flood(10, "billing", 7, 0), Flood.Of(alerts, (9 * Minute) + 59_000));
        Assert.Null(Flood.Of(alerts, 10 * Minute));
        Assert.Null(Flood.Of(alerts.Take(9), 9 * Minute));
        Assert.Null(Flood.Of([.. alerts.Take(9), alerts[9] with { Care = AlertCare.None with { Mute = Mute.Silenced } }], 9 * Minute));
        Assert.Null(Flood.Of([.. alerts.Take(9), alerts[9] with { State = AlertState.Resolved }], 9 * Minute));
    }

    [Fact]
    public void A_week_s_load_says_how_much_was_asked_of_one_operator_and_of_what_kind()
    {
        Alert[] alerts =
        [
            .. Enumerable.Range(0, 30).Select(i => Of(i, 1_000 + i)), .. Enumerable.Range(30, 10).Select(i => Of(i, Day + (i * 20 * Minute), "returns", AlertLevel.Yellow, "clock_warning", AlertState.Resolved, Day + Week)),
            Of(99, 5, state: AlertState.Resolved), // over when it was noticed: it called nobody
            Of(100, Week + 1),
        ];
        var weeks = AlarmLoad.Of(alerts, [0, Week, 2 * Week], 2, Week + Day);
        Assert.Equal(2, weeks.Count);
        var first = weeks[0];
        Assert.Equal((40, 30, 10, 30, 0L, 1, 750), (first.Alarms, first.Red, first.Yellow, first.Peak, first.PeakAt!.Value, first.Floods, first.RedPermille));
        Assert.Equal(40 * 1000L * 10 * Minute / (Week * 2), first.PerTenMinutesMilli);
        Assert.Equal(40, first.Standing);
        Assert.Equal([new("clock_breach", "billing", 30), new("clock_warning", "returns", 10)], first.Causes);
        Assert.Equal((Week, Week + Day, 1), (weeks[1].From, weeks[1].To, weeks[1].Alarms));
    }

    [Fact]
    public void Lateness_is_of_what_we_noticed_late_and_not_of_late_data()
    {
        var alerts = Enumerable.Range(1, 99).Select(i => Of(i, Minute + i, late: i)).Append(Of(100, Minute + 200, late: 5_000)).Append(Of(101, Minute + 300, late: 90_000) with { FromLateData = true }).ToList();
        Assert.Equal(new Lateness(100, 50, 99, 5_000), Lateness.Of(alerts, 0, Day));
        Assert.Equal(new Lateness(0, null, null, null), Lateness.Of(alerts, Day, Week));
    }
}
