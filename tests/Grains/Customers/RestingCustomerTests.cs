using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using Xunit;

namespace OpsMonitor.Tests.Grains.Customers;

/// <summary>One customer through half a year: when the file comes to rest, what opens it, and what its numbers say meanwhile.</summary>
public sealed class RestingCustomerTests
{
    private readonly List<Event> _told = [];
    private Shard _shard = new(PolicySet.Default with { Rules = RuleSet.Standard }, new(LeaveAfterMs: 0));

    [Fact]
    public void A_file_rests_a_week_after_its_last_window_closed_and_a_late_call_revokes_what_it_said()
    {
        Call("09:00:00", "contact/A");
        Quiet("+7 09:04:59.999");
        Assert.Equal((1, 0), (_shard.OpenFileCount, _shard.RestingParts().Count())); // its window of seven days is open
        Quiet("+7 09:05:00", "+7 10:00:00");
        Assert.Equal((1, 1), (_shard.OpenFileCount, _shard.RestingParts().Count())); // what it counts for has left, the file not
        Quiet("+8 09:04:59");
        Assert.Equal(1, _shard.OpenFileCount);
        Quiet("+9 10:00:00");
        Assert.Equal(0, _shard.OpenFileCount);
        Assert.Equal((new Ratio(1, 1), 0), (Fcr(), _shard.RestingParts().Sum(p => p.Value.Revocations.Count)));

        Call("+6 09:00:00", "contact/B", told: "+20 00:00:00"); // told two weeks late: the first call was not the last
        Assert.Equal((1, new Ratio(0, 1)), (_shard.OpenFileCount, Fcr()));
        var revoked = Assert.Single(_shard.Revocations().Concat(_shard.RestingParts().SelectMany(p => p.Value.Revocations)));
        Assert.Equal(("contact/A", "contact/B"), (revoked.Contact.ToString(), revoked.By.ToString()));

        Quiet("+22 00:00:00", "+40 00:00:00");
        Assert.Equal((0, new Ratio(0, 1)), (_shard.OpenFileCount, Fcr()));
        Call("+180 09:00:00", "contact/C");
        Assert.Equal((1, new Ratio(1, 2)), (_shard.OpenFileCount, Fcr()));
    }

    [Fact]
    public void What_changed_while_its_row_was_being_kept_stays()
    {
        Call("09:00:00", "contact/A");
        _shard.Step(new(Story.Ms("+7 10:00:00"), []));
        var leavers = _shard.Leavers(10);
        Assert.Contains(leavers, l => l.Subject.Kind == SubjectKind.Other);
        var late = Story.Event(Story.Ms("+6 09:00:00"), "contact/B", new ContactInitiated(Channel.Phone, Direction.Inbound, "c-1"), "late");
        _shard.Step(new(Story.Ms("+7 10:00:01"), [late]));
        _shard.Leave(leavers);
        Assert.Empty(_shard.RestingParts()); // the kept row says that it was resolved at the first contact
        Assert.Single(_shard.Revocations());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_whose_alert_stands_stays_until_somebody_has_taken_it(bool started)
    {
        for (var i = 1; i <= 3; i++) At($"09:0{i}:00", $"ticket/K-{i}", new TicketCreated(TicketKind.Complaint, Channel.Phone, CustomerRef: "c-1", Priority: 1));
        Quiet("+1 00:00:00", "+20 00:00:00", "+30 00:00:00");
        if (started)
        {
            var again = new Shard(_shard.Policies, new(LeaveAfterMs: 0));
            again.Resume(ShardSnapshot.Read(ShardSnapshot.Write(_shard.Image())), _shard.Policies, asJudged: true);
            _shard = again;
            Quiet("+31 00:00:00", "+32 00:00:00", "+33 00:00:00");
        }
        Assert.Equal(1, _shard.OpenFileCount);
        var alert = Assert.Single(_shard.Alerts.All, a => a.Due.Rule == Words.Of(RuleId.RepeatComplaint));
        At("+34 10:00:00", alert.Due.Subject.ToString(), new AlertAcknowledged(alert.Key.Id, "bob"));
        Assert.Equal("bob", _shard.Alerts.Find(alert.Key)!.Care.By);
    }

    private void Call(string time, string contact, string? told = null)
    {
        var at = Story.Ms(time);
        EventData[] life = [new ContactInitiated(Channel.Phone, Direction.Inbound, "c-1"), new ContactQueued("q"), new ContactAnswered("anna"), new ContactDisconnected(DisconnectedBy.Customer)];
        foreach (var (data, i) in life.Select((d, i) => (d, i)))
            Turn(Math.Max(_shard.Now, told is null ? at + (i * 100 * Story.Second) : Story.Ms(told)), Story.Event(at + (i * 100 * Story.Second), contact, data, $"{contact}-{i}"));
    }

    private void At(string time, string subject, EventData data) => Turn(Story.Ms(time), Story.Event(Story.Ms(time), subject, data, $"e-{_told.Count}"));

    private void Quiet(params string[] times)
    {
        foreach (var time in times) Turn(Story.Ms(time));
    }

    // Every wake-up on time, and after each turn whoever may leave.
    private void Turn(long now, params Event[] events)
    {
        while (_shard.NextWake < now) _shard.Step(new(_shard.NextWake, []));
        var recalled = Recall.For(_shard, events, null, subjects => [.. subjects.Select(s => new Recalled(s, [.. _told.Where(e => e.Subject == s)]))]);
        _told.AddRange(events);
        _shard.Step(new(now, events) { Recalled = recalled });
        for (var leavers = _shard.Leavers(10); leavers.Count > 0; leavers = _shard.Leavers(10)) _shard.Leave(leavers);
        _shard.Leave([]);
    }

    private Ratio Fcr() => (Ratio)Report.Of(_shard, "all", Window.Always, live: false)["fcr.provisional"]!;
}
