using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Web.Alerts;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local;

/// <summary>
/// On the machine: alerts that ended eight days ago are in <c>history.db</c> and nowhere else, are listed and found as before, and are there again before their
/// subject is judged. Beside it a host that never lets anybody go; after each turn both say the same.
/// </summary>
public sealed class LeavingAlertsTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new(), _other = new();
    private readonly SetClock _clock = new();
    private readonly List<string> _said = [];
    private LocalHost _host, _plain;
    private int _told;

    public LeavingAlertsTests()
    {
        _clock.Stop(DateTimeOffset.FromUnixTimeMilliseconds(Story.Ms("09:00:00")));
        (_host, _plain) = (Open(_folder, leaving: true), Open(_other, leaving: false));
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _plain.DisposeAsync();
        _folder.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task It_leaves_after_eight_days_is_found_as_before_and_comes_back_with_its_ticket_without_being_raised_again()
    {
        foreach (var ticket in (string[])["T-1", "T-2", "T-4"]) await Told("09:00:00", "09:00:00", ticket, new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1));
        await Told("10:00:00", "10:00:00", "T-3", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1));
        await Tick("11:00:00");
        foreach (var ticket in (string[])["T-1", "T-4"]) await Told("12:00:00", "12:00:00", ticket, new TicketReplied("mail"), new TicketResolved("fixed", true), new TicketClosed("done"));
        await Tick("13:30:00");
        var raisedAt = Breach("T-2", "resolution").NoticedAt;
        await Told("14:00:00", "12:59:00", "T-2", new TicketReplied("mail"), new TicketResolved("fixed", true), new TicketClosed("done")); // nobody had said so
        var (breach, retracted) = (Breach("T-1"), Breach("T-2", "resolution"));
        Assert.Equal((AlertState.Resolved, AlertState.Retracted), (breach.State, retracted.State));

        await Tick("+8 11:00:00");
        await Tick("+8 11:50:00");
        Assert.Equal(0, _host.Read(s => s.Alerts.AwayCount)); // minutes short of eight days
        var memory = _host.Read(s => s.Alerts.All.Count);
        await UntilAway("+8 15:00:00");
        Assert.Equal(memory - _host.Read(s => s.Alerts.AwayCount), _host.Read(s => s.Alerts.All.Count));
        Assert.DoesNotContain(_host.Read(s => s.Alerts.All.ToList()), a => a.Due.Subject.Id is "T-1" or "T-2" or "T-4");
        Assert.Contains(_host.Read(s => s.Alerts.All.ToList()), a => a.Due.Subject.Id == "T-3"); // it is open
        Assert.Equal(breach, Breach("T-1"));
        Assert.Equal(breach, AlertDesk.Find(new OneMachine(_host), breach.Code.ToLowerInvariant()));
        await Restarted("a snapshot without them", kill: false);
        var old = Snapshots();

        var before = Breach("T-4");
        await Told("+20 08:00:00", "09:05:00", "T-4", new TicketReplied("phone")); // it had been answered in time
        Assert.Equal((AlertState.Resolved, AlertState.Retracted, before.NoticedAt), (before.State, Breach("T-4").State, Breach("T-4").NoticedAt));

        await Told("+20 09:00:00", "12:59:00", "T-2", new TicketReopened("not fixed")); // so it was late after all
        Assert.Equal((AlertState.Raised, raisedAt, Story.Ms("+20 09:00:00")), (Breach("T-2", "resolution").State, Breach("T-2", "resolution").NoticedAt, Breach("T-2", "resolution").ChangedAt));
        await Told("+20 10:00:00", "12:59:00", "T-2", new TicketResolved("fixed", true), new TicketClosed("done"));
        retracted = Breach("T-2", "resolution");
        Assert.Equal((AlertState.Retracted, raisedAt), (retracted.State, retracted.NoticedAt));

        await Told("+60 09:00:00", "+60 09:00:00", "T-1", new TicketReopened("again"));
        Assert.Equal(breach, _host.Read(s => s.Alerts.Find(breach.Key)));
        Assert.Equal(breach, Breach("T-1")); // and only once

        await UntilAway("+60 10:00:00"); // T-2's is kept a second time, retracted
        await Restarted("killed", kill: true);
        await Restarted("stopped", kill: false);
        await Restarted("from a snapshot of when the file knew less", kill: false, () => Replace(old));
        await Restarted("from the journal alone", kill: false, () => Replace([]));
        await Restarted("without history.db", kill: false, () =>
        {
            foreach (var file in Directory.GetFiles(_folder.Path, "history.db*")) File.Delete(file);
        });
        Assert.Contains(_said, line => line.Contains("are gone", StringComparison.Ordinal));
        await Told("+61 09:00:00", "+61 09:00:00", "T-2", new TicketReopened("again"));
        Assert.Equal(retracted, _host.Read(s => s.Alerts.Find(retracted.Key)));
    }

    [Fact]
    public async Task What_was_kept_by_other_rules_is_not_believed()
    {
        await Told("09:00:00", "09:00:00", "T-1", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1));
        await Tick("11:00:00");
        await Told("12:00:00", "12:00:00", "T-1", new TicketReplied("mail"), new TicketResolved("fixed", true), new TicketClosed("done"));
        await UntilAway("+9 09:00:00");
        await _host.DisposeAsync();
        _host = Open(_folder, leaving: false, mark: "others");
        Assert.Equal(0, _host.Read(s => s.Alerts.AwayCount));
        Assert.Equal(0, _host.Kept!.AlertCount);
        Same("judged by others");
    }

    private async Task Restarted(string how, bool kill, Action? between = null)
    {
        _said.Clear();
        if (kill)
        {
            using var dead = new TemporaryFolder();
            foreach (var file in Directory.GetFiles(_folder.Path).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal) && !f.EndsWith("-shm", StringComparison.Ordinal))) File.Copy(file, Path.Combine(dead.Path, Path.GetFileName(file)));
            await _host.DisposeAsync();
            foreach (var file in Directory.GetFiles(_folder.Path)) File.Delete(file);
            foreach (var file in Directory.GetFiles(dead.Path)) File.Copy(file, Path.Combine(_folder.Path, Path.GetFileName(file)));
        }
        else await _host.DisposeAsync();
        between?.Invoke();
        _host = Open(_folder, leaving: true);
        Same(how);
        await Turn(_clock.NowMs + (2 * Story.Hour), []);
        await UntilAway(null);
        Same(how);
    }

    private List<(string Name, byte[] Bytes)> Snapshots() => [.. Directory.GetFiles(_folder.Path, "*.snapshot").Select(f => (f, File.ReadAllBytes(f)))];

    private void Replace(List<(string Name, byte[] Bytes)> snapshots)
    {
        foreach (var file in Directory.GetFiles(_folder.Path, "*.snapshot")) File.Delete(file);
        foreach (var (name, bytes) in snapshots) File.WriteAllBytes(name, bytes);
    }

    private Task Told(string told, string happened, string ticket, params EventData[] data) =>
        Turn(Story.Ms(told), [.. data.Select(d => Story.Event(Story.Ms(happened), $"ticket/{ticket}", d, $"e-{++_told:D3}"))]);

    private Task Tick(string at) => Turn(Story.Ms(at), []);

    private async Task Turn(long at, Event[] events)
    {
        _clock.Stop(DateTimeOffset.FromUnixTimeMilliseconds(at));
        foreach (var host in (LocalHost[])[_host, _plain])
            foreach (var batch in (Event[][])[events, [], []]) await host.OfferAsync(batch, CancellationToken.None); // nobody leaves without a turn
        Same(DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("u", System.Globalization.CultureInfo.InvariantCulture));
    }

    private async Task UntilAway(string? at)
    {
        if (at is not null) await Tick(at);
        for (var i = 0; i < 200; i++)
        {
            if (_host.Read(s => s.Alerts.AwayCount > 0 && s.Alerts.All.All(a => a.State == AlertState.Raised || a.ChangedAt > s.Now - AlertBook.StaysMs || s.Has(a.Due.Subject)))) return;
            await Turn(_clock.NowMs + (i % 10 == 9 ? Story.Hour : 0), []); // they are looked at once an hour
            await Task.Delay(10);
        }
        Assert.Fail("none left");
    }

    private void Same(string when) => Assert.Equal($"{when}\n{Picture(_plain)}", $"{when}\n{Picture(_host)}");

    private Alert Breach(string ticket, string clock = "first_response") =>
        Assert.Single(All(_host), a => a.Due.Subject.Id == ticket && a.Due.Rule == "clock_breach" && a.Due.Clock == clock);

    private static List<Alert> All(LocalHost host) => Whole.Alerts(new OneMachine(host), tally => tally.Alerts.All, kept => kept.Alerts(null, 1_000));

    private static string Picture(LocalHost host) => string.Join('\n', All(host).OrderBy(a => a.Key));

    private LocalHost Open(TemporaryFolder folder, bool leaving, string mark = "") =>
        LocalHost.Open(new(folder.Path, PolicySet.Default) { LeaveAfterMs = leaving ? 10 * 60_000 : null, PoliciesMark = mark }, _clock, s => { lock (_said) _said.Add(s); });
}
