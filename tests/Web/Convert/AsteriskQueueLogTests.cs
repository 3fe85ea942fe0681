using NodaTime;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Conversion;
using Xunit;

namespace OpsMonitor.Tests.Web.Conversion;

public sealed class AsteriskQueueLogTests
{
    [Fact]
    public void A_native_line_is_read_in_unix_seconds()
    {
        var events = Convert("1341129600|c1|q01|NONE|ENTERQUEUE||5551234|1", "1341129603|c1|q01|SIP/ann|CONNECT|3|c2|2", "1341129663|c1|q01|SIP/ann|COMPLETECALLER|3|60|1");

        Assert.Equal(["contact.initiated", "contact.queued", "contact.answered", "contact.disconnected"], events.Select(e => e.Type));
        Assert.Equal(Instant.FromUtc(2012, 7, 1, 8, 0), events[0].Time);
        Assert.Equal(new ContactAnswered("SIP-ann", "q01", 3), events[2].Data);
        Assert.Equal(new ContactDisconnected(DisconnectedBy.Customer, 60), events[3].Data);
        Assert.Equal([0L, 1L, 2L, 3L], events.Select(e => e.Sequence));
    }

    [Fact]
    public void The_callers_number_never_leaves_the_log()
    {
        var events = Convert("1341129600|c1|q01|NONE|ENTERQUEUE||5551234|1");

        Assert.All(events, e => Assert.DoesNotContain("5551234", System.Text.Encoding.UTF8.GetString(CloudEventWriter.ToUtf8(e)), StringComparison.Ordinal));
    }

    [Fact]
    public void A_local_time_is_placed_by_the_zone_and_cut_to_the_millisecond()
    {
        using var log = new StringReader("2012-07-01 08:59:59.999999|c1|q01|NONE|FULL");

        var events = new AsteriskQueueLogConverter().Convert(log, DateTimeZoneProviders.Tzdb["Europe/Paris"]).ToList();

        Assert.Equal(Instant.FromUtc(2012, 7, 1, 6, 59, 59) + Duration.FromMilliseconds(999), events[1].Time);
        Assert.Equal(new ContactRefused("q01", RefusalReason.Full), events[1].Data);
    }

    [Fact]
    public void An_answer_dated_before_its_entry_happens_no_earlier_than_it()
    {
        var events = Convert("1341133200|c1|q01|NONE|ENTERQUEUE", "1341129603|c1|q01|A/1|CONNECT|3");

        Assert.Equal(events[1].Time, events[2].Time);
        Assert.Equal(3, ((ContactAnswered)events[2].Data).WaitS);
    }

    [Fact]
    public void A_completion_without_an_answer_proves_an_entry_and_an_answer()
    {
        var events = Convert("1341129600|c1|q00|NONE|ENTERQUEUE", "1341129840|c1|q01|A/1|COMPLETEAGENT|12|6|1");

        Assert.Equal([new ContactQueued("q00"), new ContactQueued("q01"), new ContactAnswered("A-1", "q01", 12), new ContactDisconnected(DisconnectedBy.Agent, 6)],
            events.Skip(1).Select(e => e.Data));
        Assert.Equal([0L, 222L, 234L, 240L], events.Skip(1).Select(e => e.Time.ToUnixTimeSeconds() - 1341129600));
    }

    [Theory]
    [InlineData("EXITWITHTIMEOUT|1|1|60", DequeueReason.Timeout)]
    [InlineData("EXITWITHKEY|1|1|1|60", DequeueReason.Redirect)]
    [InlineData("LEAVEEMPTY", DequeueReason.Overflow)]
    [InlineData("EXITEMPTY|1|1|60", DequeueReason.Overflow)]
    public void A_call_that_leaves_unserved_is_dequeued(string ending, DequeueReason reason) =>
        Assert.Equal(new ContactDequeued("q01", reason), Convert("1341129600|c1|q01|NONE|ENTERQUEUE", $"1341129660|c1|q01|NONE|{ending}")[^1].Data);

    [Theory]
    [InlineData("FULL", RefusalReason.Full)]
    [InlineData("DIVERT_CA_RATIO", RefusalReason.Full)]
    [InlineData("DIVERT_HOLDTIME", RefusalReason.Full)]
    [InlineData("CLOSED", RefusalReason.Closed)]
    [InlineData("JOINEMPTY", RefusalReason.Empty)]
    [InlineData("LEAVEEMPTY", RefusalReason.Empty)]
    public void A_call_that_never_entered_is_refused(string ending, RefusalReason reason) =>
        Assert.Equal([new ContactInitiated(Channel.Phone, Direction.Inbound), new ContactRefused("q01", reason)],
            Convert($"1341129660|c1|q01|NONE|{ending}").Select(e => e.Data));

    [Theory]
    [InlineData("BLINDTRANSFER|200|default|3|60|1", TransferMode.Blind, "200")]
    [InlineData("TRANSFER|200|default|3|60|1", TransferMode.Blind, "200")]
    [InlineData("ATTENDEDTRANSFER|BRIDGE|b7|3|60|1", TransferMode.Consult, "b7")]
    [InlineData("ATTENDEDTRANSFER|LINK|SIP/x|SIP/y|3|60|1||", TransferMode.Consult, "SIP/x")]
    public void A_transfer_ends_the_call_for_the_queue_with_its_talk_time(string ending, TransferMode mode, string to) =>
        Assert.Equal([new ContactTransferred(mode, to, "A-1", "q01"), new ContactDisconnected(DisconnectedBy.Agent, 60, Cause: "transferred")],
            Convert("1341129600|c1|q01|NONE|ENTERQUEUE", "1341129603|c1|q01|A/1|CONNECT|3", $"1341129663|c1|q01|A/1|{ending}").Skip(3).Select(e => e.Data));

    [Fact]
    public void An_abandon_and_a_missed_offer_keep_what_the_log_measured() =>
        Assert.Equal([new ContactOfferMissed("A-1", "q01", 15m), new ContactAbandoned(AbandonStage.Queue, "q01", 38, 2)],
            Convert("1341129600|c1|q01|NONE|ENTERQUEUE", "1341129615|c1|q01|A/1|RINGNOANSWER|15000", "1341129638|c1|q01|NONE|ABANDON|2|4|38").Skip(2).Select(e => e.Data));

    [Theory]
    [InlineData("ADDMEMBER", AgentState.Available)]
    [InlineData("UNPAUSE", AgentState.Available)]
    [InlineData("REMOVEMEMBER", AgentState.Offline)]
    [InlineData("PAUSE", AgentState.Break)]
    public void A_member_line_is_about_the_agent_and_no_call(string line, AgentState state)
    {
        var only = Assert.Single(Convert($"1341129600|MANAGER|q01|SIP/ann|{line}|", $"1341129601|MANAGER|q01|NONE|{line}|"));

        Assert.Equal("agent/SIP-ann", only.Subject);
        Assert.Equal(state, ((AgentStateChanged)only.Data).State);
        Assert.Equal(["q01"], ((AgentStateChanged)only.Data).Queues!);
    }

    [Fact]
    public void A_line_of_another_kind_says_nothing() => Assert.Empty(Convert("1341129600|NONE|NONE|NONE|QUEUESTART|", "", "1341129600|NONE|NONE|NONE|CONFIGRELOAD|"));

    [Theory]
    [InlineData("1341129600|c1|q01", "line 1:")]
    [InlineData("yesterday|c1|q01|NONE|FULL", "line 1:")]
    public void A_line_that_cannot_be_read_is_refused_by_its_number(string line, string start) =>
        Assert.StartsWith(start, Assert.Throws<FormatException>(() => Convert(line)).Message, StringComparison.Ordinal);

    private static List<CloudEvent> Convert(params string[] lines)
    {
        using var log = new StringReader(string.Join('\n', lines));
        return new AsteriskQueueLogConverter().Convert(log, DateTimeZone.Utc).ToList();
    }
}
