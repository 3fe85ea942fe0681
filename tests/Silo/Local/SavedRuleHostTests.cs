using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Web.Policies;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local;

/// <summary>A saving of rules on a data folder: in force at once, and after a start from the snapshot or from the journal alone; each instant by what stood then.</summary>
public sealed class SavedRuleHostTests : IDisposable
{
    private readonly SavingFolder _folder = new();
    private int _ids;

    public SavedRuleHostTests() => _folder.At("09:00:00");

    public void Dispose() => _folder.Dispose();

    private async Task Complaints(LocalHost host, string from, int count, string issue)
    {
        for (var n = 0; n < count; n++)
        {
            var at = Story.Ms(from) + (n * Story.Minute);
            _folder.At(Story.Iso(at)[11..23]);
            await host.OfferAsync([Complaint(at, issue)], default);
        }
    }

    private Event Complaint(long at, string issue) =>
        Story.Event(at, $"ticket/{++_ids}", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 4, DepartmentId: "billing", IssueKey: issue), $"e{_ids}");

    private static string Bulk(LocalHost host) => host.Read(s => string.Join("; ", s.Alerts.All.Where(a => a.Due.Rule == "bulk_complaint").Select(a => $"{Story.Iso(a.Due.RaisedAt)[11..16]} v{a.Due.RuleVersion} {a.Due.Clock}")));

    [Fact]
    public async Task It_is_judged_by_at_once_and_after_a_start_from_a_snapshot_and_from_the_journal_alone()
    {
        string stood;
        await using (var host = _folder.Open())
        {
            await Complaints(host, "09:00:00", 6, "before");
            _folder.At("09:30:00");
            Assert.True(await host.ChangeAsync(_folder.Change(host, "rules: {bulk_complaint: {count: 6}}"), default));
            await Complaints(host, "09:31:00", 6, "after");
            Assert.Equal("09:36 v2 after", Bulk(host));
            stood = host.Read(SavedDesk.Picture);
        }
        Assert.NotEmpty(_folder.Snapshots);
        await using (var host = _folder.Open())
        {
            Assert.Equal(stood, host.Read(SavedDesk.Picture));
            await Complaints(host, "09:40:00", 6, "later");
            Assert.Equal("09:36 v2 after; 09:45 v2 later", Bulk(host));
            Assert.True(await host.ChangeAsync(_folder.Change(host, "departments: {billing: {bulk_complaint: {count: 4, clear_below: 2}}}"), default));
            await Complaints(host, "09:50:00", 4, "third");
            stood = host.Read(SavedDesk.Picture);
        }
        _folder.ForgetSnapshots();
        await using (var host = _folder.Open())
        {
            Assert.Equal(stood, host.Read(SavedDesk.Picture));
            Assert.Equal("09:36 v2 after; 09:45 v2 later; 09:53 v3 third", Bulk(host));
            Assert.Equal((10, 6, 4), host.Read(s => (Of(s, null, "09:20:00"), Of(s, "billing", "09:40:00"), Of(s, "billing", "10:00:00"))));
        }
        static int Of(OpsMonitor.Grains.Turns.Shard shard, string? department, string at) => shard.Policies.Rules.Of(RuleId.BulkComplaint, department, Story.Ms(at))[RuleNumber.Count];
    }

    [Fact]
    public async Task What_was_found_in_the_same_millisecond_keeps_its_rule()
    {
        await using var host = _folder.Open();
        await Complaints(host, "09:00:00", 9, "before");
        _folder.Clock.Stop(DateTimeOffset.FromUnixTimeMilliseconds(Story.Ms("09:09:00")));
        await host.OfferAsync([Complaint(Story.Ms("09:09:00"), "before")], default);
        Assert.Equal("09:09 v1 before", Bulk(host));
        Assert.True(await host.ChangeAsync(_folder.Change(host, "rules: {bulk_complaint: {count: 4, clear_below: 2}}"), default));
        Assert.Equal("09:09 v1 before", Bulk(host));
    }

    [Fact]
    public async Task Of_two_who_save_at_once_one_is_refused()
    {
        await using var host = _folder.Open();
        var (one, other) = (_folder.Change(host, "rules: {bulk_complaint: {count: 6}}"), _folder.Change(host, "rules: {bulk_complaint: {count: 7}}"));
        Assert.Equal((true, false), (await host.ChangeAsync(one, default), await host.ChangeAsync(other, default)));
        Assert.Equal(6, host.Read(s => s.Policies.Rules.Of(RuleId.BulkComplaint, null)[RuleNumber.Count]));
    }
}
