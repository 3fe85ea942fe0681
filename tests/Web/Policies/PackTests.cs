using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using NodaTime;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Tests.Web.Conversion;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

/// <summary>The policies and calendars that come with the program. Times as London spells them: UTC in winter.</summary>
public sealed class PackTests : IDisposable
{
    private static readonly string[] Table =
    [
        "ae-cbuae", "au-acma-telco", "au-asic-rg271", "ca-fcac", "cn-12315", "cn-12345-beijing", "cn-12345-generic", "cn-12345-shandong", "cn-12345-shanghai", "cn-aviation",
        "cn-bank-insurance", "cn-enterprise", "cn-telecom-appeal", "eu-psd2", "hk-hkma", "iso-10002", "sg-mas-fa", "sla-default", "tw-consumer", "tw-financial", "uk-energy",
        "uk-fca-disp", "uk-ofcom", "us-cfpb", "us-reg-e", "us-reg-z",
    ];

    private readonly PolicyDesk _desk = new();

    public void Dispose() => _desk.Dispose();

    [Fact]
    public void Every_pack_of_the_table_is_shipped_and_read() =>
        Assert.Equal(Table, PolicyFolder.Load(null, ReferenceData.Empty).Book.Policies.Select(p => p.Id).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void A_pack_concerns_only_tickets_that_name_it()
    {
        Assert.All(_desk.Created("2026-03-02T10:00:00Z").Clocks(), c => Assert.Equal(Policy.DefaultId, c.Policy));
    }

    // What each says: the pack, more of created, from, more events ("time type data"), clock, state and due time.
    [Theory]
    // Easter: Good Friday 3 April, Easter Monday 6 April. Received on Thursday 2 April, or after hours, or in the days between.
    [InlineData("uk-fca-disp", "", "2026-04-02T10:00:00+01:00", "", "summary_resolution", "running Thu 9 Apr 17:00")]
    [InlineData("uk-fca-disp", "", "2026-04-02T17:30:00+01:00", "", "summary_resolution", "running Fri 10 Apr 17:00")]
    [InlineData("uk-fca-disp", "", "2026-04-04T12:00:00+01:00", "", "summary_resolution", "running Fri 10 Apr 17:00")]
    [InlineData("uk-fca-disp", "", "2026-03-02T10:00:00Z", "", "final_response", "running Mon 27 Apr 10:00")]
    [InlineData("uk-fca-disp", "\"category\":\"payment_services\"", "2026-03-02T10:00:00Z", "", "final_response", "running Mon 23 Mar 17:00")]
    [InlineData("uk-fca-disp", "\"category\":\"payment_services\"", "2026-03-02T10:00:00Z", "2026-03-10T10:00:00Z ticket.extension_granted {\"clock_id\":\"final_response\",\"approver\":\"a\"}", "final_response", "running Wed 22 Apr 17:00")]
    // Eight weeks to the last minute of 7 April in London, six from 8 April.
    [InlineData("uk-ofcom", "", "2026-04-07T23:59:59+01:00", "", "adr_letter", "running Tue 2 Jun 23:59")]
    [InlineData("uk-ofcom", "", "2026-04-08T00:00:00+01:00", "", "adr_letter", "running Wed 20 May 00:00")]
    [InlineData("uk-ofcom", "", "2026-04-07T23:30:00Z", "", "adr_letter", "running Wed 20 May 00:30")] // 8 April in London already
    // Fifteen business days over Easter (TARGET), a holding reply makes them 35, 1 May among them.
    [InlineData("eu-psd2", "", "2026-03-20T10:00:00Z", "", "answer", "running Tue 14 Apr 10:00")]
    [InlineData("eu-psd2", "", "2026-03-20T10:00:00Z", "2026-04-01T10:00:00Z ticket.progress_replied {\"method\":\"mail\"}", "answer", "running Wed 13 May 10:00")]
    [InlineData("us-cfpb", "", "2024-02-20T15:00:00Z", "", "response", "running Wed 6 Mar 15:00")] // over a leap day
    [InlineData("us-cfpb", "", "2024-02-20T15:00:00Z", "", "final_response", "running Sat 20 Apr 15:00")] // New York and London an hour on, both
    [InlineData("au-asic-rg271", "", "2026-01-23T01:00:00Z", "", "acknowledge", "running Tue 27 Jan 01:00")] // Friday noon in Sydney; Monday is Australia Day
    [InlineData("au-asic-rg271", "\"category\":\"hardship\"", "2026-06-01T00:00:00Z", "", "idr_response", "running Mon 22 Jun 01:00")]
    [InlineData("au-asic-rg271", "\"category\":\"death_benefit\"", "2026-06-01T00:00:00Z", "", "idr_response", "running Sun 30 Aug 01:00")]
    [InlineData("cn-bank-insurance", "", "2026-06-01T01:00:00Z", "", "decision", "running Tue 16 Jun 02:00")]
    [InlineData("cn-bank-insurance", "", "2026-06-01T01:00:00Z", "2026-06-10T01:00:00Z ticket.extension_granted {\"clock_id\":\"decision\",\"approver\":\"a\"}", "decision", "running Wed 1 Jul 02:00")]
    [InlineData("cn-bank-insurance", "\"severity\":\"complex\"", "2026-06-01T01:00:00Z", "2026-06-10T01:00:00Z ticket.extension_granted {\"clock_id\":\"decision\",\"approver\":\"a\",\"limit\":{\"value\":60,\"unit\":\"calendar_day\"}}", "decision", "running Fri 31 Jul 02:00")]
    [InlineData("cn-12345-beijing", "\"priority\":1", "2026-10-01T01:00:00Z", "", "dispatch", "running Thu 1 Oct 03:00")] // an hour, holiday or not
    [InlineData("cn-12345-beijing", "", "2026-10-01T01:00:00Z", "", "dispatch", "running Fri 2 Oct 02:00")]
    [InlineData("cn-12345-beijing", "\"priority\":4", "2026-10-01T01:00:00Z", "2026-10-01T02:00:00Z ticket.dispatched {\"dispatch_id\":\"D\",\"department_id\":\"d\",\"role\":\"lead\"}", "feedback/D", "running Fri 16 Oct 03:00")]
    [InlineData("cn-enterprise", "\"severity\":\"urgent\"", "2026-03-07T10:00:00Z", "", "respond", "running Sat 7 Mar 12:00")]
    // Five business days over the October holidays of 2025: off from 1 to 8 October; Sunday 28 September and Saturday 11 October work.
    [InlineData("cn-enterprise", "\"severity\":\"major\"", "2025-09-26T02:00:00Z", "", "solve", "running Fri 10 Oct 03:00")]
    [InlineData("cn-enterprise", "\"severity\":\"major\"", "2025-09-30T02:00:00Z", "", "solve", "running Tue 14 Oct 03:00")]
    [InlineData("cn-12345-shandong", "", "2026-03-02T02:00:00Z", "2026-03-03T02:00:00Z ticket.extension_granted {\"clock_id\":\"answer\",\"approver\":\"a\",\"limit\":{\"value\":20,\"unit\":\"business_day\"}}", "answer", "running Mon 23 Mar 02:00")]
    [InlineData("us-reg-e", "\"category\":\"new_account\"", "2026-11-16T15:00:00Z", "", "investigation", "running Tue 15 Dec 15:00")] // Thanksgiving between
    public void A_pack_says_when_it_is_due(string pack, string more, string created, string then, string clock, string says)
    {
        _desk.Created(created, $"\"policy_ids\":[\"{pack}\"]{(more.Length > 0 ? "," : "")}{more}");
        if (then.Split(' ', 3) is [var time, var type, var data]) _desk.At(time, type, data);

        var row = Assert.Single(_desk.Clocks(), c => c.Id == clock);

        Assert.Equal((pack, says), (row.Policy, PolicyDesk.Spell(row)));
    }

    [Fact]
    public void Both_versions_of_a_policy_stand_side_by_side_each_for_its_own_time()
    {
        var versions = PolicyFolder.Load(null, ReferenceData.Empty).Book.Policies.Where(p => p.Id == "uk-ofcom").ToList();
        Assert.Equal([(1, null, new LocalDate(2026, 4, 7)), (2, new LocalDate(2026, 4, 8), null)], versions.Select(v => (v.Version, v.From, v.To)));
    }

    [Theory] // all differences there may be: weekend days that are off anyway
    [InlineData("GB-ENG")]
    [InlineData("US")]
    [InlineData("CA")]
    [InlineData("AU")]
    [InlineData("SG")]
    [InlineData("HK")]
    [InlineData("AE")]
    [InlineData("CN")]
    public void Shipped_holidays_are_those_of_an_independent_list(string id)
    {
        var calendar = PolicyFolder.Load(null, ReferenceData.Empty) is { } && Shelf.TryGetValue(id, out var known) ? known : throw new InvalidOperationException(id);
        using var file = new GZipStream(File.OpenRead(SharedLogs.Path("data/public_holidays_2010_2030.json.gz")), CompressionMode.Decompress);
        using var json = JsonDocument.Parse(file);
        var theirs = json.RootElement.GetProperty("holidays").GetProperty(id).EnumerateObject().Select(d => NodaTime.Text.LocalDatePattern.Iso.Parse(d.Name).Value).Where(d => d.Year >= 2020).ToHashSet();
        var differ = new List<LocalDate>();
        for (var date = new LocalDate(2020, 1, 1); date.Year < 2031; date = date.PlusDays(1))
        {
            var weekend = id == "AE" && date.Year < 2022 ? date.DayOfWeek is IsoDayOfWeek.Friday or IsoDayOfWeek.Saturday : date.DayOfWeek is IsoDayOfWeek.Saturday or IsoDayOfWeek.Sunday;
            if (calendar.Works(date) != (!weekend && !theirs.Contains(date))) differ.Add(date);
        }
        // The list leaves out China's working weekends; nothing else may differ.
        if (id == "CN") Assert.All(differ, d => Assert.True(d.DayOfWeek is IsoDayOfWeek.Saturday or IsoDayOfWeek.Sunday && d.Year <= 2026, d.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture)));
        else Assert.Empty(differ);
        if (id == "CN") Assert.Equal(46, differ.Count);
    }

    private static IReadOnlyDictionary<string, OpsMonitor.Grains.Calendars.BusinessCalendar> Shelf => PolicyFolder.ShippedCalendars();
}
