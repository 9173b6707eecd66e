"""Makes the constructed Windows events of the demo: python3 make-events.py > events-constructed.jsonl

Nothing here was recorded. The fields have the names and shapes that Windows writes; the story fits the recorded logs.
"""
import datetime, json, random

rng = random.Random(20261122)
TAIPEI = datetime.timezone(datetime.timedelta(hours=8))
SECURITY, SYSTEM, SYSMON = "Security", "System", "Microsoft-Windows-Sysmon/Operational"
PROVIDER = {SECURITY: "Microsoft-Windows-Security-Auditing", SYSTEM: "Service Control Manager", SYSMON: "Microsoft-Windows-Sysmon"}
records, out = {}, []


def event(when, computer, channel, event_id, level="Information", provider=None, **data):
    key = (computer, channel)
    out.append((when, key, {
        "TimeCreated": when.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z",
        "Computer": computer + ".coast.example", "Channel": channel, "Provider_Name": provider or PROVIDER[channel],
        "EventID": event_id, "Level": level, **data}))


def at(day, hour, minute, second=0.0):
    return datetime.datetime(2026, 11, day, hour, minute, tzinfo=TAIPEI) + datetime.timedelta(seconds=second + rng.random())


def logon(when, computer, user, source, ok=True, kind=3, status="0xc000006d", sub="0xc000006a"):
    base = dict(TargetUserName=user, TargetDomainName="COAST", LogonType=str(kind), IpAddress=source, IpPort=str(rng.randint(49152, 65535)),
                WorkstationName="", LogonProcessName="NtLmSsp ", AuthenticationPackageName="NTLM")
    if ok:
        event(when, computer, SECURITY, 4624, SubjectUserSid="S-1-0-0", TargetLogonId=hex(rng.randint(0x100000, 0xffffff)), ElevatedToken="%%1842", **base)
    else:
        event(when, computer, SECURITY, 4625, SubjectUserSid="S-1-0-0", Status=status, SubStatus=sub, FailureReason="%%2313", **base)


def process(when, computer, user, image, command, parent, sysmon=True):
    pid, ppid = rng.randint(1000, 9999), rng.randint(1000, 9999)
    event(when, computer, SECURITY, 4688, SubjectUserName=user, SubjectDomainName="COAST", NewProcessId=hex(pid), NewProcessName=image,
          ProcessId=hex(ppid), ParentProcessName=parent, CommandLine=command, TokenElevationType="%%1936")
    if sysmon:
        event(when, computer, SYSMON, 1, UtcTime=when.astimezone(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
              Image=image, CommandLine=command, ParentImage=parent, User="COAST\\" + user, ProcessId=str(pid), ParentProcessId=str(ppid),
              CurrentDirectory="C:\\Windows\\system32\\", IntegrityLevel="High")


def connection(when, computer, user, image, source, target, port):
    event(when, computer, SYSMON, 3, Image=image, User="COAST\\" + user, Protocol="tcp", Initiated="true", SourceIp=source,
          SourcePort=str(rng.randint(49152, 65535)), DestinationIp=target, DestinationPort=str(port))


PCS = {"pc-0101": ("wangch", "10.10.30.101"), "pc-0102": ("chenyf", "10.10.30.102"), "pc-0110": ("linhy", "10.10.30.110")}
for day in (20, 23):
    for computer, (user, address) in PCS.items():
        if day == 23 and user == "chenyf":
            continue
        logon(at(day, 8, rng.randint(20, 45)), "dc01", user, address)
        logon(at(day, 8, rng.randint(46, 55)), computer, user, "127.0.0.1", kind=2)
        process(at(day, 9, rng.randint(0, 50)), computer, user, "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe", "\"chrome.exe\" --single-argument http://web01.coast.example/", "C:\\Windows\\explorer.exe")
        connection(at(day, 9, rng.randint(0, 50)), computer, user, "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe", address, "10.10.20.11", 80)
        if rng.random() < 0.7:
            logon(at(day, 13, rng.randint(0, 20)), "dc01", user, address, ok=False)
            logon(at(day, 13, rng.randint(21, 25)), "dc01", user, address)

# The night of the 22nd: from the remote-access host, with the password that was guessed there.
for i, user in enumerate(["administrator", "wangch", "linhy", "huangcm", "tsaimc", "zhanghw", "backup", "svc_backup"] * 3):
    logon(at(22, 2, 24, i * 3.1), "dc01", user, "10.10.20.12", ok=False, sub="0xc0000064" if user == "backup" else "0xc000006a")
logon(at(22, 2, 26), "dc01", "chenyf", "10.10.20.12")
logon(at(22, 2, 27), "pc-0102", "chenyf", "10.10.20.12", kind=10)
PS, CMD = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", "C:\\Windows\\System32\\cmd.exe"
process(at(22, 2, 28), "pc-0102", "chenyf", CMD, "cmd.exe /c whoami /all", "C:\\Windows\\explorer.exe")
process(at(22, 2, 28, 20), "pc-0102", "chenyf", "C:\\Windows\\System32\\net.exe", "net group \"Domain Admins\" /domain", CMD)
process(at(22, 2, 29), "pc-0102", "chenyf", PS, "powershell.exe -NoP -W Hidden -enc ZQBjAGgAbwAgAGQAZQBtAG8A", CMD)
connection(at(22, 2, 29, 3), "pc-0102", "chenyf", PS, "10.10.30.102", "203.0.113.45", 443)
process(at(22, 2, 31), "pc-0102", "chenyf", "C:\\Windows\\System32\\rundll32.exe", "rundll32.exe C:\\windows\\System32\\comsvcs.dll, MiniDump 652 C:\\Users\\Public\\l.dmp full", PS)
logon(at(22, 2, 36), "dc01", "administrator", "10.10.30.102")
event(at(22, 2, 36, 9), "dc01", SYSTEM, 7045, ServiceName="PSEXESVC", ImagePath="%SystemRoot%\\PSEXESVC.exe", ServiceType="user mode service", StartType="demand start", AccountName="LocalSystem")
process(at(22, 2, 36, 12), "dc01", "DC01$", CMD, "cmd.exe /c net user support P@ss /add /domain", "C:\\Windows\\PSEXESVC.exe")
event(at(22, 2, 36, 13), "dc01", SECURITY, 4720, TargetUserName="support", TargetDomainName="COAST", TargetSid="S-1-5-21-1004336348-1177238915-682003330-1142", SubjectUserName="administrator", SubjectDomainName="COAST", SamAccountName="support", PrivilegeList="-")
event(at(22, 2, 36, 40), "dc01", SECURITY, 4728, MemberName="CN=support,CN=Users,DC=coast,DC=example", MemberSid="S-1-5-21-1004336348-1177238915-682003330-1142", TargetUserName="Domain Admins", TargetDomainName="COAST", SubjectUserName="administrator", SubjectDomainName="COAST")
event(at(22, 2, 41), "dc01", SECURITY, 1102, provider="Microsoft-Windows-Eventlog", SubjectUserName="administrator", SubjectDomainName="COAST", SubjectUserSid="S-1-5-21-1004336348-1177238915-682003330-500")

for when, key, record in sorted(out, key=lambda e: e[0]):
    records[key] = records.get(key, 41000 + 977 * len(records)) + 1
    print(json.dumps({**record, "EventRecordID": records[key]}, ensure_ascii=False))
