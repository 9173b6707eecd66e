using System.Net;
using Hufu.Jobs.Http;
using Hufu.Jobs.Mail;

namespace Hufu.Jobs;

/// <summary>Settings of jobs, notices, mail and webhooks. Read from configuration and environment, checked when the host starts.</summary>
public sealed class HufuJobsOptions
{
    /// <summary>Address under which people reach the product, for links in mails: <c>https://isms.example.gov.tw</c>. Null leaves links out.</summary>
    public Uri? PublicUrl { get; set; }

    /// <summary>Time zone of schedules and digests.</summary>
    public TimeZoneInfo TimeZone { get; set; } = TimeZoneInfo.Local;

    /// <summary>Name of this process among those that share a database. Each needs its own; one process alone needs none.</summary>
    public string Instance { get; set; } = "hufu";

    /// <summary>How many runs this process works on at a time.</summary>
    public int ParallelRuns { get; set; } = 3;

    /// <summary>How many runs may wait at all.</summary>
    public int QueueLimit { get; set; } = 1000;

    /// <summary>How long a stopping process waits for its runs to end by themselves.</summary>
    public TimeSpan StopWithin { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>False for a process that only serves pages: it starts no run, sends no mail and no webhook.</summary>
    public bool RunInBackground { get; set; } = true;

    /// <summary>How often the notices, mail and webhook steps look for work.</summary>
    public TimeSpan StepInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Mails at once to one person within an hour; what comes beyond waits for the digest.</summary>
    public int MailsPerPersonAndHour { get; set; } = 10;

    /// <summary>Hour of the day (0–23) at which digests go to people who chose none.</summary>
    public int DigestHour { get; set; } = 8;

    /// <summary>How long sent and failed mails and deliveries stay visible.</summary>
    public TimeSpan KeepOutgoing { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long read notices stay.</summary>
    public TimeSpan KeepNotices { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How long ended runs stay; the newest 50 of each job stay anyway.</summary>
    public TimeSpan KeepRuns { get; set; } = TimeSpan.FromDays(180);

    /// <summary>Where mail goes out. Without a host nothing is mailed and people read their notices in the product.</summary>
    public MailOptions Mail { get; set; } = new();

    /// <summary>Where the product may connect to.</summary>
    public OutboundOptions Outbound { get; set; } = new();

    /// <summary>What is wrong with the settings; empty when nothing is.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        if (PublicUrl is { } url && (!url.IsAbsoluteUri || url.Scheme is not ("http" or "https"))) faults.Add("PublicUrl must be an absolute http or https address.");
        if (ParallelRuns is < 1 or > 64) faults.Add("ParallelRuns must be between 1 and 64.");
        if (QueueLimit < 1) faults.Add("QueueLimit must be at least 1.");
        if (Instance.Length is 0 or > 60) faults.Add("Instance must have 1 to 60 characters.");
        if (DigestHour is < 0 or > 23) faults.Add("DigestHour must be between 0 and 23.");
        if (MailsPerPersonAndHour < 1) faults.Add("MailsPerPersonAndHour must be at least 1.");
        if (StepInterval < TimeSpan.FromMilliseconds(10)) faults.Add("StepInterval must be at least 10 ms.");
        faults.AddRange(Mail.Faults());
        faults.AddRange(Outbound.Faults());
        return faults;
    }
}

/// <summary>The areas of the product, besides record types, whose rights are asked here.</summary>
public static class JobAreas
{
    /// <summary>Read: see jobs, runs, schedules, mail. Administer: start, cancel and schedule.</summary>
    public const string Jobs = "jobs";

    /// <summary>Read: see webhooks and deliveries. Administer: set them up.</summary>
    public const string Webhooks = "webhooks";
}
